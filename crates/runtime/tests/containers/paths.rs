//! Images whose links want mounts to land on the host.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use corten_spec::runtime::Mount;

use crate::bundle::Bundle;
use crate::harness::Test;

pub(crate) const TESTS: &[Test] = &[
    ("a_mount_behind_a_link_lands_inside", a_mount_behind_a_link_lands_inside),
    ("proc_is_not_mounted_over_a_link", proc_is_not_mounted_over_a_link),
    ("nothing_is_mounted_inside_proc", nothing_is_mounted_inside_proc),
    (
        "a_tmpfs_has_the_mode_of_what_it_hides_and_its_content_where_asked_for",
        a_tmpfs_has_the_mode_of_what_it_hides_and_its_content_where_asked_for,
    ),
    ("a_working_directory_outside_the_root_is_refused", a_working_directory_outside_the_root_is_refused),
];

fn bind(bundle: &mut Bundle, destination: &str) {
    let source = bundle.path().join("source");
    fs::write(&source, "bound\n").unwrap();
    bundle.spec.mounts.push(Mount {
        destination: destination.into(),
        source: source.to_str().unwrap().into(),
        options: vec!["bind".into(), "ro".into()],
        ..Mount::default()
    });
}

/// CVE-2021-30465's kind.
fn a_mount_behind_a_link_lands_inside() {
    let outside = tempfile::tempdir().unwrap();
    let mut bundle = Bundle::new(&["cat", "/link/file"]);
    symlink(outside.path(), bundle.rootfs().join("link")).unwrap();
    bind(&mut bundle, "/link/file");
    let ran = bundle.run_container();
    assert_eq!(ran.stdout, "bound\n", "{ran:?}");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    let inside = bundle.rootfs().join(outside.path().strip_prefix("/").unwrap());
    assert!(inside.join("file").is_file());
}

/// CVE-2019-19921.
fn proc_is_not_mounted_over_a_link() {
    let bundle = Bundle::new(&["exit", "0"]);
    fs::create_dir(bundle.rootfs().join("elsewhere")).unwrap();
    symlink("elsewhere", bundle.rootfs().join("proc")).unwrap();
    let ran = bundle.run_container();
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("open mount target `/proc` without following links"), "{ran:?}");
    bundle.assert_clean();
}

/// CVE-2019-16884.
fn nothing_is_mounted_inside_proc() {
    let mut bundle = Bundle::new(&["exit", "0"]);
    bind(&mut bundle, "/dev/../proc/self/attr/exec");
    let ran = bundle.run_container();
    assert!(ran.stderr.contains("cannot be mounted because it is inside /proc"), "{ran:?}");
    bundle.assert_clean();
}

fn a_tmpfs_has_the_mode_of_what_it_hides_and_its_content_where_asked_for() {
    let cases = [
        (&["tmpcopyup"][..], "mode=710", "image\n"),
        (&["tmpcopyup", "mode=700", "ro"], "mode=700", "image\n"),
        (&["nosuid"], "mode=710", "NotFound\n"),
    ];
    for (options, mode, content) in cases {
        let shown = |words: &[&str]| {
            let mut bundle = Bundle::new(words);
            let data = bundle.rootfs().join("data");
            fs::create_dir(&data).unwrap();
            fs::set_permissions(&data, fs::Permissions::from_mode(0o710)).unwrap();
            fs::write(data.join("file"), "image\n").unwrap();
            bundle.spec.mounts.push(Mount {
                destination: "/data".into(),
                kind: "tmpfs".into(),
                source: "tmpfs".into(),
                options: options.iter().map(|word| (*word).to_owned()).collect(),
                ..Mount::default()
            });
            bundle.run_container().stdout
        };
        assert_eq!(shown(&["cat", "/data/file"]), content, "{options:?}");
        let mounts = shown(&["cat", "/proc/self/mounts"]);
        let line = mounts.lines().find(|line| line.contains(" /data ")).unwrap();
        assert!(line.contains(mode), "{line}");
        assert_eq!(shown(&["write", "/data/new", "x"]) == "written\n", !options.contains(&"ro"), "{line}");
    }
}

/// CVE-2024-21626.
fn a_working_directory_outside_the_root_is_refused() {
    for descriptor in 3..9 {
        let mut bundle = Bundle::new(&["exit", "0"]);
        bundle.process().cwd = format!("/proc/self/fd/{descriptor}");
        let ran = bundle.run_container();
        assert_eq!(ran.status, 1, "{ran:?}");
    }
}
