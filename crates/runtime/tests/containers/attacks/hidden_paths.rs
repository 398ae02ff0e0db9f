//! What hides kernel files, and what a terminal lies over, where the attacker brings `/dev` along.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use corten_spec::runtime::Mount;

use super::{Plant, refused, replace_mount};
use crate::bundle::Bundle;
use crate::harness::Test;

pub(super) const TESTS: &[Test] = &[
    ("what_is_not_the_null_device_hides_nothing", what_is_not_the_null_device_hides_nothing),
    ("a_terminal_is_not_laid_over_where_a_link_leads", a_terminal_is_not_laid_over_where_a_link_leads),
    ("a_terminal_comes_from_a_real_devpts", a_terminal_comes_from_a_real_devpts),
];

/// CVE-2025-31133: a link would be mounted over what it leads to, and a hidden file would show another; a null device that is not
/// there would leave everything in sight.
fn what_is_not_the_null_device_hides_nothing() {
    let cases: [(Plant, &str); 4] = [
        (
            |null| symlink("/proc/sys/kernel/core_pattern", null).unwrap(),
            "`/dev/null` of the container is not the null device",
        ),
        (|null| fs::write(null, "mine").unwrap(), "`/dev/null` of the container is not the null device"),
        (|null| device(null, 5), "`/dev/null` of the container is not the null device"),
        (|_| {}, "open `/dev/null`: no such file or directory"),
    ];
    for (prepare, words) in cases {
        let mut bundle = Bundle::new(&["cat", "/proc/interrupts"]);
        // What the template mounts below `/dev` would hide the volume's own.
        bundle.spec.mounts.retain(|mount| !mount.destination.starts_with("/dev/"));
        let volume = replace_mount(&mut bundle, "/dev");
        prepare(&volume.join("null"));
        refused(&bundle, words);
    }
}

/// A character device of the memory driver: 3 is `null`, 5 is `zero`.
fn device(path: &Path, minor: u32) {
    use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
    mknodat(CWD, path, FileType::CharacterDevice, Mode::RUSR, makedev(1, minor)).unwrap();
}

/// CVE-2025-52565: the terminal is mounted before paths are hidden, and would stand in for one of them.
fn a_terminal_is_not_laid_over_where_a_link_leads() {
    for target in ["/proc/uptime", "pts/ptmx", "/etc/made"] {
        let mut bundle = Bundle::new(&["exit", "0"]);
        let volume = replace_mount(&mut bundle, "/dev");
        symlink(target, volume.join("console")).unwrap();
        refused_on_a_terminal(
            &mut bundle,
            "mount the terminal at `/dev/console`: too many levels of symbolic links",
        );
    }
}

/// CVE-2025-52565: what calls itself a terminal could be any file.
fn a_terminal_comes_from_a_real_devpts() {
    let mut bundle = Bundle::new(&["exit", "0"]);
    bundle.spec.mounts.retain(|mount| mount.destination != "/dev/pts");
    let kind = "tmpfs".to_owned();
    bundle.spec.mounts.push(Mount { destination: "/dev/pts".into(), kind, ..Mount::default() });
    refused_on_a_terminal(&mut bundle, "`/dev/pts` is not of a devpts file system");
}

#[track_caller]
fn refused_on_a_terminal(bundle: &mut Bundle, words: &str) {
    bundle.process().terminal = true;
    bundle.write();
    let socket = bundle.path().join("console.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let (path, socket) = (bundle.path().to_str().unwrap(), socket.to_str().unwrap());
    let ran = bundle.run(&["run", "--detach", "--console-socket", socket, "--bundle", path, &bundle.name]);
    drop(listener);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.stderr.contains(words), "`{words}` is not in {ran:?}");
    bundle.assert_clean();
}
