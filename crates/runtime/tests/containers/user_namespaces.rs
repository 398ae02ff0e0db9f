//! Containers whose root is not the host's, and what is shown to them by id maps.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};

use corten_runtime::launch::RootSource;
use corten_spec::runtime::{IdMapping, Mount, Namespace, NamespaceKind, Spec, capability};
use corten_sys::pidfd::Exit;

use crate::bundle::Bundle;
use crate::harness::Test;
use crate::library;

pub(crate) const TESTS: &[Test] = &[
    ("root_of_a_user_namespace_is_nobody_outside", root_of_a_user_namespace_is_nobody_outside),
    ("devices_are_those_of_the_containers_root", devices_are_those_of_the_containers_root),
    ("layers_are_shown_with_the_containers_ids", layers_are_shown_with_the_containers_ids),
    ("a_bind_mount_is_shown_by_the_map_that_it_names", a_bind_mount_is_shown_by_the_map_that_it_names),
    ("one_more_process_is_root_of_the_same_namespace", one_more_process_is_root_of_the_same_namespace),
    ("a_failure_outside_is_told_and_leaves_nothing", a_failure_outside_is_told_and_leaves_nothing),
];

/// What the container's ids begin with outside.
const FIRST: u32 = 700_000;

fn ids(host_id: u32) -> Vec<IdMapping> {
    vec![IdMapping { container_id: 0, host_id, size: 65_536 }]
}

fn with_user_namespace(spec: &mut Spec) {
    let linux = spec.linux.get_or_insert_default();
    linux.namespaces.push(Namespace::new(NamespaceKind::User));
    (linux.uid_mappings, linux.gid_mappings) = (ids(FIRST), ids(FIRST));
}

fn bundle(words: &[&str]) -> Bundle {
    let mut bundle = Bundle::new(words);
    with_user_namespace(&mut bundle.spec);
    // Its root makes what mounts need in there.
    chown(bundle.rootfs(), Some(FIRST), Some(FIRST)).unwrap();
    bundle
}

fn root_of_a_user_namespace_is_nobody_outside() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "of the host's root").unwrap();
    let mut bundle = bundle(&["cat", "/secret"]);
    // Every right that there is, in there.
    let all: Vec<String> = capability::ALL.iter().map(ToString::to_string).collect();
    let rights = bundle.process().capabilities.get_or_insert_default();
    for set in [&mut rights.bounding, &mut rights.effective, &mut rights.permitted] {
        set.clone_from(&all);
    }
    bundle.spec.mounts.push(Mount {
        destination: "/secret".into(),
        source: secret.path().to_str().unwrap().into(),
        options: vec!["bind".into()],
        ..Mount::default()
    });
    let read = bundle.run_container();
    assert_eq!((read.status, read.stdout.as_str()), (0, "PermissionDenied\n"), "{read:?}");
    bundle.process().args = ["/probe", "node", "/dev/sda", "8:0"].map(str::to_owned).to_vec();
    assert_eq!(bundle.run_container().stdout, "PermissionDenied\n");
    bundle.process().args = ["/probe", "cat", "/proc/self/uid_map"].map(str::to_owned).to_vec();
    let map = bundle.run_container().stdout;
    assert_eq!(map.split_whitespace().collect::<Vec<_>>(), ["0", "700000", "65536"]);
    bundle.assert_clean();
}

fn devices_are_those_of_the_containers_root() {
    let mut bundle = bundle(&["owner", "/dev/null"]);
    assert_eq!(bundle.run_container().stdout, "0:0 666\n");
    bundle.process().args = ["/probe", "write", "/dev/null", "x"].map(str::to_owned).to_vec();
    assert_eq!(bundle.run_container().stdout, "written\n");
    bundle.process().args = ["/probe", "write", "/dev/shm/x", "x"].map(str::to_owned).to_vec();
    assert_eq!(bundle.run_container().stdout, "written\n");
}

fn layers_are_shown_with_the_containers_ids() {
    let bundle = Bundle::new(&["owner", "/etc/passwd"]);
    let mut launch = library::launch(&bundle);
    with_user_namespace(&mut launch.spec);
    assert_eq!(library::run(&launch).unwrap(), (Exit::Code(0), "0:0 644\n".to_owned()));
    let RootSource::Overlay { lower, upper, .. } = launch.root.clone() else { panic!() };
    chown(lower[1].join("etc/group"), Some(5), Some(6)).unwrap();
    let mut words = |words: [&str; 4]| {
        launch.spec.process.as_mut().unwrap().args = words.map(str::to_owned).to_vec();
        library::run(&launch).unwrap().1
    };
    assert_eq!(words(["/probe", "owner", "/etc/group", ""]), "5:6 644\n");
    assert_eq!(words(["/probe", "write", "/etc/new", "x"]), "written\n");
    assert_eq!(words(["/probe", "write", "/etc/passwd", "y"]), "written\n");
    // On disk they are what they would be without a user namespace, so that every container can use them.
    for file in ["etc/new", "etc/passwd"] {
        assert_eq!(fs::metadata(upper.join(file)).unwrap().uid(), 0, "{file}");
    }
    bundle.assert_clean();
}

fn a_bind_mount_is_shown_by_the_map_that_it_names() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "").unwrap();
    chown(directory.path().join("file"), Some(1000), Some(0)).unwrap();
    let mut bundle = bundle(&["owner", "/data/file"]);
    bundle.spec.mounts.push(Mount {
        destination: "/data".into(),
        source: directory.path().to_str().unwrap().into(),
        options: vec!["bind".into()],
        ..Mount::default()
    });
    // The directory is its owner's alone.
    fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut owner = |change: &dyn Fn(&mut Mount)| {
        change(bundle.spec.mounts.last_mut().unwrap());
        bundle.run_container().stdout
    };
    assert_eq!(owner(&|_| {}), "65534:65534 644\n");
    assert_eq!(owner(&|mount| mount.options.push("idmap".into())), "1000:0 644\n");
    let own = |mount: &mut Mount| {
        let range = |container_id, host_id| IdMapping { container_id, host_id, size: 1 };
        mount.uid_mappings = vec![range(1000, FIRST + 7)];
        mount.gid_mappings = vec![range(0, FIRST + 8)];
    };
    assert_eq!(owner(&own), "7:8 644\n");
    // Without a user namespace too: the ids are then the host's.
    let linux = bundle.linux();
    linux.namespaces.retain(|namespace| namespace.kind != NamespaceKind::User);
    (linux.uid_mappings, linux.gid_mappings) = (Vec::new(), Vec::new());
    assert_eq!(bundle.run_container().stdout, "700007:700008 644\n");
    // Where the kernel cannot do it, that is said.
    bundle.spec.mounts.last_mut().unwrap().source = "/proc/self".into();
    let refused = bundle.run_container();
    let reason = "map the ids of the mount at `/data`: its ids are mapped already, or this kernel cannot map those of its file system";
    assert!(refused.stderr.contains(reason), "{refused:?}");
    bundle.assert_clean();
}

fn one_more_process_is_root_of_the_same_namespace() {
    let bundle = bundle(&["wait"]);
    bundle.write();
    let path = bundle.path().to_str().unwrap();
    assert_eq!(bundle.detached(&["run", "--detach", "--bundle", path, &bundle.name]), 0);
    let facts = bundle.run(&["exec", &bundle.name, "/probe", "facts"]);
    assert!(facts.stdout.contains("Uid: 0 0 0 0\nGid: 0 0 0 0\nGroups:\n"), "{facts:?}");
    let map = bundle.run(&["exec", &bundle.name, "/probe", "cat", "/proc/self/gid_map"]).stdout;
    assert_eq!(map.split_whitespace().collect::<Vec<_>>(), ["0", "700000", "65536"]);
    let user = bundle.run(&["exec", "--user", "7:8", &bundle.name, "/probe", "facts"]);
    assert!(user.stdout.contains("Uid: 7 7 7 7\nGid: 8 8 8 8\n"), "{user:?}");
    assert_eq!(bundle.run(&["delete", "--force", &bundle.name]).status, 0);
    bundle.assert_clean();
}

fn a_failure_outside_is_told_and_leaves_nothing() {
    let mut bundle = bundle(&["facts"]);
    bundle.spec.mounts.push(Mount {
        destination: "/data".into(),
        source: "/nowhere/to/be/found".into(),
        options: vec!["bind".into()],
        ..Mount::default()
    });
    let failed = bundle.run_container();
    assert_eq!(failed.status, 1, "{failed:?}");
    let told = "open bind source `/nowhere/to/be/found`: no such file or directory";
    assert!(failed.stderr.contains(told), "{failed:?}");
    bundle.assert_clean();
}
