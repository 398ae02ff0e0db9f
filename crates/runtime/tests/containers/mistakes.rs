//! What cannot be started: one clear line, the right status, nothing left behind.

use corten_spec::runtime::{Hook, Hooks, Mount};

use crate::bundle::Bundle;
use crate::harness::Test;

pub(crate) const TESTS: &[Test] = &[
    (
        "a_program_that_is_missing_or_not_executable_is_told",
        a_program_that_is_missing_or_not_executable_is_told,
    ),
    ("a_bind_source_that_is_missing_is_named", a_bind_source_that_is_missing_is_named),
    ("a_hook_that_fails_ends_the_start", a_hook_that_fails_ends_the_start),
    ("a_pid_file_that_cannot_be_written_leaves_nothing", a_pid_file_that_cannot_be_written_leaves_nothing),
];

fn check(bundle: &Bundle, status: i32, words: &str) {
    let ran = bundle.run_container();
    assert_eq!((ran.status, ran.stdout.as_str()), (status, ""), "{ran:?}");
    assert!(ran.stderr.contains(words) && ran.stderr.lines().count() == 1, "{ran:?}");
    bundle.assert_clean();
}

fn a_program_that_is_missing_or_not_executable_is_told() {
    let mut bundle = Bundle::new(&[]);
    std::fs::write(bundle.rootfs().join("data"), "").unwrap();
    let cases = [
        ("foo", "exec: \"foo\": executable file not found in $PATH"),
        ("/foo", "exec: \"/foo\": stat /foo: no such file or directory"),
        ("/data", "exec: \"/data\": permission denied"),
        ("/dev", "exec: \"/dev\": is a directory"),
    ];
    for (program, words) in cases {
        bundle.process().args = vec![program.to_owned()];
        check(&bundle, 1, words);
    }
}

fn a_bind_source_that_is_missing_is_named() {
    let mut bundle = Bundle::new(&["exit", "0"]);
    let options = vec!["rbind".to_owned()];
    bundle.spec.mounts.push(Mount {
        destination: "/data".into(),
        source: "/no/such/place".into(),
        options,
        ..Mount::default()
    });
    check(&bundle, 1, "open bind source `/no/such/place`: no such file or directory");
}

fn a_hook_that_fails_ends_the_start() {
    let mut bundle = Bundle::new(&["exit", "0"]);
    let hook = Hook { path: "/bin/false".into(), ..Hook::default() };
    bundle.spec.hooks = Some(Hooks { create_container: vec![hook], ..Hooks::default() });
    check(&bundle, 1, "error running createContainer hook #0: `/bin/false`: exit status: 1");
}

fn a_pid_file_that_cannot_be_written_leaves_nothing() {
    let bundle = Bundle::new(&["wait"]);
    bundle.write();
    let path = bundle.path().to_str().unwrap();
    for command in ["create", "run"] {
        let ran = bundle.run(&[command, "--bundle", path, "--pid-file", "/no/such/place/pid", &bundle.name]);
        assert_eq!(ran.status, 1, "{ran:?}");
        assert!(ran.stderr.contains("write pid file `/no/such/place/pid`"), "{ran:?}");
        bundle.assert_clean();
    }
}
