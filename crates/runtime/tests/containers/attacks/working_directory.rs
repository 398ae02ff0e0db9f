//! A working directory that is none of the container's.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Outside, refused, start};
use crate::attacks::descriptors::leak;
use crate::bundle::Bundle;
use crate::harness::Test;

pub(super) const TESTS: &[Test] = &[
    (
        "a_working_directory_is_not_one_that_a_caller_left_open",
        a_working_directory_is_not_one_that_a_caller_left_open,
    ),
    ("a_working_directory_behind_a_link_is_inside", a_working_directory_behind_a_link_is_inside),
];

/// CVE-2024-21626: a descriptor of a directory of the host, which somebody up the line forgot to close.
fn a_working_directory_is_not_one_that_a_caller_left_open() {
    let outside = Outside::new();
    let leaked = leak(outside.path());
    let steps = format!("/proc/self/fd/{leaked}");
    let inside = format!("/proc/self/fd/{leaked}/..");
    let running = Bundle::new(&["wait"]);
    symlink("/proc/self/fd", running.rootfs().join("link")).unwrap();
    start(&running);
    for cwd in [&steps, &inside, &format!("/link/{leaked}")] {
        let mut bundle = Bundle::new(&["facts"]);
        symlink("/proc/self/fd", bundle.rootfs().join("link")).unwrap();
        bundle.process().cwd.clone_from(cwd);
        refused(&bundle, "working directory");
        let entered = running.run(&["exec", "--cwd", cwd, &running.name, "/probe", "facts"]);
        assert_eq!((entered.status, entered.stdout.as_str()), (255, ""), "{entered:?}");
        assert!(entered.stderr.contains("chdir to cwd"), "{entered:?}");
    }
}

/// CVE-2024-21626's kind.
fn a_working_directory_behind_a_link_is_inside() {
    let outside = Outside::new();
    let mut bundle = Bundle::new(&["write", "file", "mine"]);
    symlink(outside.path(), bundle.rootfs().join("work")).unwrap();
    bundle.process().cwd = "/work".into();
    bundle.spec.root.as_mut().unwrap().readonly = false;
    let ran = bundle.run_container();
    assert_eq!(ran.stdout, "written\n", "{ran:?}");
    outside.assert_untouched();
    assert_eq!(fs::read_to_string(outside.inside(&bundle).join("file")).unwrap(), "mine");
}
