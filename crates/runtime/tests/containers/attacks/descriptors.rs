//! Descriptors of the host in a container.

use std::fs;
use std::os::fd::IntoRawFd;
use std::path::Path;

use corten_spec::runtime::{Namespace, NamespaceKind, State};

use super::{Outside, create, start};
use crate::bundle::Bundle;
use crate::harness::Test;

pub(super) const TESTS: &[Test] = &[
    (
        "what_a_caller_left_open_is_closed_in_the_container",
        what_a_caller_left_open_is_closed_in_the_container,
    ),
    ("nobody_looks_into_a_process_that_is_on_its_way", nobody_looks_into_a_process_that_is_on_its_way),
    ("nobody_looks_into_a_process_that_joins", nobody_looks_into_a_process_that_joins),
];

/// Opens it as careless callers do: whatever is started from now on has it, too.
pub(super) fn leak(path: &Path) -> i32 {
    let file = fs::File::open(path).unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    file.into_raw_fd()
}

/// CVE-2024-21626, CVE-2015-3627.
fn what_a_caller_left_open_is_closed_in_the_container() {
    let outside = Outside::new();
    for _ in 0..3 {
        leak(outside.path());
    }
    // 3 is the directory being read.
    let ran = Bundle::new(&["list", "/proc/self/fd"]).run_container();
    assert_eq!(ran.stdout, "0\n1\n2\n3\n", "{ran:?}");
    let bundle = Bundle::new(&["wait"]);
    start(&bundle);
    let entered = bundle.run(&["exec", &bundle.name, "/probe", "list", "/proc/self/fd"]);
    assert_eq!(entered.stdout, "0\n1\n2\n3\n", "{entered:?}");
    // Nor is there anything in the first process, which is still what it was born as.
    let first = bundle.run(&["exec", &bundle.name, "/probe", "list", "/proc/1/fd"]);
    assert_eq!(first.stdout, "0\n1\n2\n", "{first:?}");
}

/// CVE-2016-9962: a process of ours, seen from a container that shares its pid namespace before it has become the container's own.
fn nobody_looks_into_a_process_that_is_on_its_way() {
    let waiting = Bundle::new(&["wait"]);
    create(&waiting);
    let state: State = serde_json::from_str(&waiting.run(&["state", &waiting.name]).stdout).unwrap();
    let mut beside = Bundle::new(&["links", "/proc/1/fd"]);
    let pids = format!("/proc/{}/ns/pid", state.pid.unwrap());
    let namespaces = &mut beside.linux().namespaces;
    namespaces.retain(|namespace| namespace.kind != NamespaceKind::Pid);
    namespaces.push(Namespace { path: pids, ..Namespace::new(NamespaceKind::Pid) });
    let seen = beside.run_container().stdout;
    assert!(seen.lines().count() > 3 && seen.lines().all(|link| link == "PermissionDenied"), "{seen}");
    // Once it runs its program, the two are what they are to each other: processes with the same rights.
    assert_eq!(waiting.run(&["start", &waiting.name]).status, 0);
    assert_eq!(beside.run_container().stdout, "/dev/null\n/dev/null\n/dev/null\n");
}

/// CVE-2016-9962: the container's root lies in wait for processes that join, with all that they have open.
fn nobody_looks_into_a_process_that_joins() {
    let bundle = Bundle::new(&["pry", "/dev/shm/found"]);
    start(&bundle);
    for _ in 0..25 {
        assert_eq!(bundle.run(&["exec", &bundle.name, "/probe", "exit", "0"]).status, 0);
    }
    let found = bundle.run(&["exec", &bundle.name, "/probe", "cat", "/dev/shm/found"]).stdout;
    // What it may see is a program of the container's own with its three streams and the directory that it lists itself.
    assert_eq!(found, "looked\n");
}
