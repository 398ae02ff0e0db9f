//! What a user does wrong is told in one clear line, with Docker's exit code, and leaves nothing behind.

use std::fs;

use corten_testkit::Corten;

use crate::setup;

#[track_caller]
fn refused(corten: &Corten, arguments: &[&str], code: i32, text: &str) {
    let outcome = corten.run(arguments).exited(code);
    assert!(outcome.stderr().contains(text), "`{text}` is not in\n{}", outcome.stderr());
    assert!(!outcome.stderr().contains("panicked"), "{}", outcome.stderr());
}

#[test]
fn names_that_nobody_has_are_told_back() {
    let Some(corten) = setup::engine() else { return };
    refused(&corten, &["inspect", "nobody"], 1, "nobody");
    refused(&corten, &["start", "nobody"], 1, "No such container: nobody");
    refused(&corten, &["kill", "nobody"], 1, "cannot kill container: nobody: No such container: nobody");
    refused(&corten, &["rmi", "nobody"], 1, "No such image: nobody:latest");
    refused(&corten, &["run", "nobody"], 125, "nobody:latest");
    refused(&corten, &["create", "UPPER/Case"], 1, "must be lowercase");
}

#[test]
fn an_archive_that_is_none_is_refused() {
    let Some(corten) = setup::engine() else { return };
    let file = corten.root().scratch().join("no.tar");
    fs::write(&file, "this is no archive").unwrap();
    corten.run(&["load", "--input", file.to_str().unwrap()]).exited(1);
    corten.run_with_input(&["load"], b"\x1f\x8b nor is this").exited(1);
    let directory = corten.root().scratch().display().to_string();
    refused(&corten, &["load", "--input", &directory], 1, &format!("read {directory}: is a directory"));
    let env = ["run", "--env-file", &directory, "hello"];
    refused(&corten, &env, 125, &format!("invalid env file ({directory}): read {directory}: is a directory"));
    assert_eq!(corten.run(&["images", "--quiet"]).success().stdout(), "");
}

#[test]
fn a_database_that_is_none_is_named() {
    let Some(corten) = setup::engine() else { return };
    corten.run(&["ps"]).success();
    let database = corten.root().state().join("state.db");
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", database.display()));
    }
    fs::write(&database, "this is no database".repeat(500)).unwrap();
    refused(&corten, &["ps"], 1, "state.db");
    fs::remove_file(&database).unwrap();
}

#[test]
fn options_that_cannot_be_are_refused_before_anything_is_made() {
    let Some(corten) = setup::busybox() else { return };
    let cases: &[(&[&str], &str)] = &[
        (&["--cpuset-cpus", "4000"], "Requested CPUs are not available - requested 4000, available: 0"),
        (&["--cpuset-cpus", "some"], "Invalid value some for cpuset cpus"),
        (&["--stop-signal", "NONE"], "invalid signal: NONE"),
        (&["--uts", "host", "--hostname", "x"], "conflicting options: hostname and the UTS mode"),
        (&["--ulimit", "nofile=20:10"], "ulimit soft limit must be less than or equal to hard limit"),
        (&["--volume", "/tmp:/"], "invalid volume specification: '/tmp:/'"),
        (&["--cap-add", "ANYTHING"], "ANYTHING"),
        (&["--sysctl", "kernel.hostname=x"], "sysctl 'kernel.hostname=x' is not allowed"),
    ];
    for (options, text) in cases {
        refused(&corten, &[&["run"], *options, &["busybox", "true"]].concat(), 125, text);
    }
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
}

#[test]
fn a_start_that_fails_early_does_not_leave_a_passing_container() {
    let Some(corten) = setup::busybox() else { return };
    let device = ["run", "--rm", "--device", "/dev/no-such-device", "busybox", "true"];
    let text = "adding custom device \"/dev/no-such-device\": no such file or directory";
    refused(&corten, &device, 127, text);
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
}

#[test]
fn an_exec_that_cannot_begin_is_126() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    corten.run(&["exec", "--user", "nosuch", "box", "true"]).exited(126);
    corten.run(&["exec", "--workdir", "/nosuch", "box", "true"]).exited(126);
    corten.run(&["exec", "box", "/etc"]).exited(126);
}

#[test]
fn why_a_process_did_not_start_is_told_and_kept_in_dockers_words() {
    let Some(corten) = setup::busybox() else { return };
    let reason =
        r#"unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown"#;
    let start = format!(
        "failed to create task for container: failed to create shim task: OCI runtime create failed: {reason}"
    );
    refused(
        &corten,
        &["run", "--name", "box", "busybox", "nosuch"],
        127,
        &format!("Error response from daemon: {start}\n"),
    );
    let error = corten.run(&["inspect", "--format", "{{.State.Error}}", "box"]).success().line();
    assert_eq!(error, start);
    let nobody =
        "Error response from daemon: unable to find user nosuch: no matching entries in passwd file\n";
    refused(&corten, &["run", "--user", "nosuch", "busybox", "true"], 125, nobody);
    corten.run(&["run", "--detach", "--name", "exec", "busybox", "sleep", "1000"]).success();
    let outcome = corten.run(&["exec", "exec", "nosuch"]).exited(127);
    assert_eq!(outcome.stdout().trim_end(), format!("OCI runtime exec failed: exec failed: {reason}"));
}
