//! What a process sees and may do inside.

use corten_spec::runtime::{Capabilities, Seccomp, User};

use crate::bundle::Bundle;
use crate::harness::Test;

pub(crate) const TESTS: &[Test] = &[
    (
        "the_process_is_pid_1_with_its_own_name_and_default_signals",
        the_process_is_pid_1_with_its_own_name_and_default_signals,
    ),
    ("nothing_of_the_host_is_mounted_or_open", nothing_of_the_host_is_mounted_or_open),
    (
        "a_user_has_the_rights_that_the_configuration_lists",
        a_user_has_the_rights_that_the_configuration_lists,
    ),
    ("kernel_files_are_hidden_or_read_only", kernel_files_are_hidden_or_read_only),
    ("the_filter_forbids_what_it_names", the_filter_forbids_what_it_names),
];

fn fact(text: &str, key: &str) -> String {
    let line =
        text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("{key}: {text}"));
    line.trim().to_owned()
}

fn the_process_is_pid_1_with_its_own_name_and_default_signals() {
    let bundle = Bundle::new(&["facts"]);
    let ran = bundle.run_container();
    assert_eq!(ran.status, 0, "{ran:?}");
    let facts = [
        ("Pid:", "1"),
        ("PPid:", "0"),
        ("host", "corten"),
        ("cwd", "/"),
        ("home", "/"),
        ("NoNewPrivs:", "1"),
    ];
    for (key, value) in facts {
        assert_eq!(fact(&ran.stdout, key), value, "{key}");
    }
    assert_eq!(fact(&ran.stdout, "SigBlk:"), "0000000000000000");
    // Rust's start-up, the probe's own, ignores SIGPIPE and nothing else.
    assert_eq!(fact(&ran.stdout, "SigIgn:"), "0000000000001000");
    bundle.assert_clean();
}

fn nothing_of_the_host_is_mounted_or_open() {
    let mounts = Bundle::new(&["cat", "/proc/self/mountinfo"]).run_container().stdout;
    let places: Vec<&str> = mounts.lines().filter_map(|line| line.split(' ').nth(4)).collect();
    assert!(places.contains(&"/") && places.contains(&"/proc"), "{mounts}");
    let known = ["/", "/proc", "/dev", "/sys"];
    let foreign = |place: &&&str| {
        !known.contains(*place) && !known[1..].iter().any(|known| place.starts_with(&format!("{known}/")))
    };
    assert_eq!(places.iter().find(foreign), None, "{mounts}");
    // 3 is the directory being read.
    assert_eq!(Bundle::new(&["list", "/proc/self/fd"]).run_container().stdout, "0\n1\n2\n3\n");
}

fn a_user_has_the_rights_that_the_configuration_lists() {
    let mut bundle = Bundle::new(&["facts"]);
    bundle.process().user = User { uid: 1000, gid: 1001, additional_gids: vec![5, 6], umask: None };
    let bind = vec!["CAP_NET_BIND_SERVICE".to_owned()];
    bundle.process().capabilities = Some(Capabilities {
        bounding: vec!["CAP_NET_BIND_SERVICE".into(), "CAP_KILL".into()],
        effective: bind.clone(),
        permitted: bind.clone(),
        inheritable: bind.clone(),
        ambient: bind,
    });
    let ran = bundle.run_container();
    let facts = [
        ("Uid:", "1000 1000 1000 1000"),
        ("Gid:", "1001 1001 1001 1001"),
        ("Groups:", "5 6"),
        ("CapEff:", "0000000000000400"),
        ("CapBnd:", "0000000000000420"),
        ("CapAmb:", "0000000000000400"),
    ];
    for (key, value) in facts {
        assert_eq!(fact(&ran.stdout, key), value, "{key} {ran:?}");
    }
}

fn kernel_files_are_hidden_or_read_only() {
    assert_eq!(Bundle::new(&["cat", "/proc/interrupts"]).run_container().stdout, "");
    assert_eq!(Bundle::new(&["list", "/sys/firmware"]).run_container().stdout, "\n");
    let written = Bundle::new(&["write", "/proc/sys/kernel/domainname", "x"]).run_container();
    assert_eq!(written.stdout, "ReadOnlyFilesystem\n");
    assert_eq!(Bundle::new(&["write", "/new", "x"]).run_container().stdout, "ReadOnlyFilesystem\n");
}

fn the_filter_forbids_what_it_names() {
    let filter: Seccomp = serde_json::from_str(
        r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}"#,
    )
    .unwrap();
    for no_new_privileges in [true, false] {
        let mut bundle = Bundle::new(&["mkdir", "/dev/shm/x"]);
        bundle.process().no_new_privileges = no_new_privileges;
        // As another user than root, who could not load a filter himself without no_new_privs.
        bundle.process().user.uid = 1000;
        bundle.linux().seccomp = Some(filter.clone());
        assert_eq!(bundle.run_container().stdout, "PermissionDenied\n");
        // The second start takes the compiled program from the cache.
        assert_eq!(bundle.run_container().stdout, "PermissionDenied\n");
        bundle.linux().seccomp = None;
        assert_eq!(bundle.run_container().stdout, "made\n");
    }
}
