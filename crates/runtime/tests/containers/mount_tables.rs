//! Whose mounts a container has, and in which order.

use std::fs;

use corten_spec::runtime::{Mount, Namespace, NamespaceKind};

use crate::bundle::Bundle;
use crate::harness::Test;

pub(crate) const TESTS: &[Test] = &[
    (
        "the_mount_table_has_the_root_first_and_then_the_configurations_order",
        the_mount_table_has_the_root_first_and_then_the_configurations_order,
    ),
    (
        "mounts_among_those_of_the_runtime_are_gone_with_the_container",
        mounts_among_those_of_the_runtime_are_gone_with_the_container,
    ),
    ("a_failed_start_leaves_no_mount_among_those_of_the_runtime", a_failed_start_leaves_no_mount),
    ("a_joined_mount_namespace_keeps_its_root", a_joined_mount_namespace_keeps_its_root),
];

fn places(mountinfo: &str) -> Vec<&str> {
    mountinfo.lines().filter_map(|line| line.split(' ').nth(4)).collect()
}

fn own_mounts_below(bundle: &Bundle) -> usize {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap();
    places(&table).iter().filter(|place| place.starts_with(bundle.path().to_str().unwrap())).count()
}

fn without_mount_namespace(words: &[&str]) -> Bundle {
    let mut bundle = Bundle::new(words);
    bundle.linux().namespaces.retain(|namespace| namespace.kind != NamespaceKind::Mount);
    bundle
}

fn the_mount_table_has_the_root_first_and_then_the_configurations_order() {
    let mut bundle = Bundle::new(&["cat", "/proc/self/mountinfo"]);
    let bind = |destination: &str| Mount {
        destination: destination.into(),
        source: "/etc/hosts".into(),
        options: vec!["bind".into()],
        ..Mount::default()
    };
    bundle.spec.mounts.insert(1, bind("/first"));
    bundle.spec.mounts.push(bind("/last"));
    let mut wanted = vec!["/".to_owned()];
    wanted.extend(bundle.spec.mounts.iter().map(|mount| mount.destination.clone()));
    let ran = bundle.run_container();
    let found: Vec<_> =
        places(&ran.stdout).into_iter().filter(|place| wanted.iter().any(|one| one == place)).collect();
    // Hidden paths are mounts too, on top and so later.
    assert_eq!(found[..wanted.len()], wanted, "{ran:?}");
}

fn mounts_among_those_of_the_runtime_are_gone_with_the_container() {
    let bundle = without_mount_namespace(&["list", "/"]);
    let ran = bundle.run_container();
    assert!(ran.stdout.contains("probe\n") && !ran.stdout.contains("etc\n"), "{ran:?}");
    assert_eq!(own_mounts_below(&bundle), 0);
    let mut waiting = without_mount_namespace(&["wait"]);
    waiting.process().terminal = false;
    waiting.write();
    let path = waiting.path().to_str().unwrap();
    assert_eq!(waiting.detached(&["run", "--detach", "--bundle", path, &waiting.name]), 0);
    assert!(own_mounts_below(&waiting) > 3);
    // The root of the mount namespace is the host's: the process has to be led to its own.
    let listed = waiting.run(&["exec", &waiting.name, "/probe", "list", "/"]);
    assert!(listed.stdout.contains("probe\n") && !listed.stdout.contains("etc\n"), "{listed:?}");
    assert_eq!(waiting.run(&["delete", "--force", &waiting.name]).status, 0);
    assert_eq!(own_mounts_below(&waiting), 0);
    waiting.assert_clean();
}

fn a_failed_start_leaves_no_mount() {
    let bundle = without_mount_namespace(&["facts"]);
    let mut bundle = bundle;
    bundle.process().args = vec!["/not/there".into()];
    assert_ne!(bundle.run_container().status, 0);
    assert_eq!(own_mounts_below(&bundle), 0);
    bundle.assert_clean();
}

fn a_joined_mount_namespace_keeps_its_root() {
    let first = Bundle::new(&["wait"]);
    first.write();
    let path = first.path().to_str().unwrap();
    assert_eq!(first.detached(&["run", "--detach", "--bundle", path, &first.name]), 0);
    let pid: serde_json::Value = serde_json::from_str(&first.run(&["state", &first.name]).stdout).unwrap();
    let mut second = Bundle::new(&["list", "/"]);
    // A directory of the first's root file system: the namespace knows no other.
    second.spec.root.as_mut().unwrap().path = "rootfs".into();
    second.linux().namespaces.retain(|namespace| namespace.kind != NamespaceKind::Mount);
    second
        .linux()
        .namespaces
        .push(Namespace { kind: NamespaceKind::Mount, path: format!("/proc/{}/ns/mnt", pid["pid"]) });
    // The path of the second's root means nothing there: told, and the first is unharmed.
    assert_ne!(second.run_container().status, 0);
    let listed = first.run(&["exec", &first.name, "/probe", "list", "/"]);
    assert!(listed.stdout.contains("probe\n"), "{listed:?}");
    assert_eq!(first.run(&["delete", "--force", &first.name]).status, 0);
    first.assert_clean();
    second.assert_clean();
}
