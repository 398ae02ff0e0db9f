//! Who a process becomes, by the files of a hostile image.

use std::fs;
use std::os::unix::fs::symlink;

use corten_runtime::launch::{Launch, RootSource, UserSource};

use crate::bundle::Bundle;
use crate::harness::Test;
use crate::library::{self, run};

pub(super) const TESTS: &[Test] = &[
    (
        "a_user_database_behind_a_link_is_the_containers_own",
        a_user_database_behind_a_link_is_the_containers_own,
    ),
    ("a_user_database_behind_a_magic_link_is_refused", a_user_database_behind_a_magic_link_is_refused),
    ("a_user_database_that_never_ends_is_refused", a_user_database_that_never_ends_is_refused),
    ("a_number_is_a_user_whatever_the_image_calls_so", a_number_is_a_user_whatever_the_image_calls_so),
    ("a_number_beyond_all_users_is_nobody", a_number_beyond_all_users_is_nobody),
    ("a_member_of_countless_groups_is_refused_at_once", a_member_of_countless_groups_is_refused_at_once),
];

fn launch(bundle: &Bundle, user: &str) -> Launch {
    fs::create_dir_all(bundle.rootfs().join("etc")).unwrap();
    let user = UserSource::Image { user: user.to_owned(), additional_groups: Vec::new() };
    Launch { root: RootSource::Directory(bundle.rootfs()), user, ..library::launch(bundle) }
}

/// CVE-2024-9676: the host's users would tell of the host, and its numbers would be another's.
fn a_user_database_behind_a_link_is_the_containers_own() {
    let outside = super::Outside::new();
    let database = outside.path().join("passwd");
    fs::write(&database, "app:x:0:0::/:/bin/sh\n").unwrap();
    let bundle = Bundle::new(&["facts"]);
    let launch = launch(&bundle, "app");
    symlink(&database, bundle.rootfs().join("etc/passwd")).unwrap();
    let failure = run(&launch).unwrap_err();
    assert_eq!(failure.message, "unable to find user app: no matching entries in passwd file");
    bundle.assert_clean();
}

/// CVE-2024-21626's kind: a link of the kernel's leads wherever the process that reads has something open.
fn a_user_database_behind_a_magic_link_is_refused() {
    for target in ["/proc/self/fd/0", "/proc/self/root/etc/passwd", "/proc/thread-self/exe"] {
        let bundle = Bundle::new(&["facts"]);
        let launch = launch(&bundle, "app");
        symlink(target, bundle.rootfs().join("etc/passwd")).unwrap();
        let failure = run(&launch).unwrap_err();
        assert_eq!(failure.message, "open `/etc/passwd`: too many levels of symbolic links", "{target}");
        bundle.assert_clean();
    }
}

/// CVE-2024-9676: a start that waits for a FIFO waits for ever, and one that reads a huge file takes the host's memory.
fn a_user_database_that_never_ends_is_refused() {
    let cases: [(super::Plant, &str); 4] = [
        (fifo, "`/etc/passwd` of the container is not a regular file"),
        (|path| symlink("/dev/zero", path).unwrap(), "`/etc/passwd` of the container is not a regular file"),
        (|path| fs::create_dir(path).unwrap(), "`/etc/passwd` of the container is not a regular file"),
        (
            |path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap(),
            "`/etc/passwd` of the container is larger than 16777216 bytes",
        ),
    ];
    for (prepare, words) in cases {
        let bundle = Bundle::new(&["facts"]);
        let launch = launch(&bundle, "app");
        prepare(&bundle.rootfs().join("etc/passwd"));
        assert_eq!(run(&launch).unwrap_err().message, words);
        bundle.assert_clean();
    }
}

fn fifo(path: &std::path::Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// CVE-2016-3697: an image calls its root `1000`.
fn a_number_is_a_user_whatever_the_image_calls_so() {
    let bundle = Bundle::new(&["facts"]);
    let launch = launch(&bundle, "1000");
    fs::write(bundle.rootfs().join("etc/passwd"), "1000:x:0:0::/root:/bin/sh\n").unwrap();
    let (_, text) = run(&launch).unwrap();
    assert!(text.contains("Uid: 1000 1000 1000 1000\n"), "{text}");
}

/// CVE-2024-40635: a number that no user has became root's.
fn a_number_beyond_all_users_is_nobody() {
    for user in
        ["4294967296", "18446744073709551616", "4294967295", "2147483648", "-1", "0:4294967296", "0x0"]
    {
        let bundle = Bundle::new(&["facts"]);
        let message = run(&launch(&bundle, user)).unwrap_err().message;
        let words = ["uids and gids must be in range 0-2147483647", "unable to find user"];
        assert!(words.iter().any(|words| message.contains(words)), "{user}: {message}");
        bundle.assert_clean();
    }
    let bundle = Bundle::new(&["facts"]);
    let (_, text) = run(&launch(&bundle, "2147483647")).unwrap();
    assert!(text.contains("Uid: 2147483647 "), "{text}");
}

/// GO-2026-5475's kind: a start that reads groups for ever.
fn a_member_of_countless_groups_is_refused_at_once() {
    let bundle = Bundle::new(&["facts"]);
    let launch = launch(&bundle, "app");
    fs::write(bundle.rootfs().join("etc/passwd"), "app:x:7:8::/:/bin/sh\n").unwrap();
    let groups: String = (0..300_000).map(|number| format!("g{number}:x:{number}:app\n")).collect();
    fs::write(bundle.rootfs().join("etc/group"), groups).unwrap();
    assert_eq!(run(&launch).unwrap_err().message, "the user is in 300000 groups: more than 65536");
    bundle.assert_clean();
}
