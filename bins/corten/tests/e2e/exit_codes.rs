//! Exit codes: the container's own, and Docker's 125, 126 and 127 for what never ran.

use crate::setup;

#[test]
fn run_exits_as_the_process_did() {
    let Some(corten) = setup::busybox() else { return };
    for code in [0, 1, 77, 255] {
        corten.run(&["run", "--rm", "busybox", "sh", "-c", &format!("exit {code}")]).exited(code);
    }
}

#[test]
fn a_signal_is_128_and_its_number() {
    let Some(corten) = setup::busybox() else { return };
    // PID 1 ignores what it does not handle, SIGKILL from inside included: the shell's child dies and the shell says so.
    corten.run(&["run", "--rm", "busybox", "sh", "-c", "sh -c 'kill -TERM $$'; exit $?"]).exited(143);
    let id = corten.run(&["run", "--detach", "busybox", "sleep", "1000"]).success().line();
    corten.run(&["kill", &id]).success();
    assert_eq!(corten.run(&["wait", &id]).success().line(), "137");
}

#[test]
fn what_cannot_start_is_126_or_127() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--rm", "busybox", "no-such-command"]).exited(127);
    corten.run(&["run", "--rm", "busybox", "/no/such/file"]).exited(127);
    corten.run(&["run", "--rm", "busybox", "/etc/passwd"]).exited(126);
    corten.run(&["run", "--rm", "busybox", "/etc"]).exited(126);
}

#[test]
fn what_the_engine_refuses_is_125() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--no-such-flag", "busybox"]).exited(125);
    corten.run(&["run", "--memory", "1k", "busybox", "true"]).exited(125);
    corten.run(&["run", "no-such-image"]).exited(125);
}

#[test]
fn a_file_that_the_engine_misses_is_125_and_inspect_tells_of_it() {
    let Some(corten) = setup::busybox() else { return };
    let layers = corten.root().state().join("layers");
    let away = corten.root().scratch().join("away");
    std::fs::rename(&layers, &away).unwrap();
    corten.run(&["run", "--name", "layers", "busybox", "true"]).exited(125);
    std::fs::rename(&away, &layers).unwrap();
    // Fails before there is a monitor; the exit code is read out of the text, as Docker's client does.
    corten.run(&["run", "--name", "device", "--device", "/dev/nosuch", "busybox", "true"]).exited(127);
    corten.run(&["run", "--name", "command", "busybox", "nosuch"]).exited(127);
    for (name, code, error) in [
        ("layers", "128", "to the overlay: no such file or directory"),
        ("device", "128", "adding custom device \"/dev/nosuch\": no such file or directory"),
        ("command", "127", "exec: \"nosuch\": executable file not found in $PATH"),
    ] {
        let format = "{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}";
        let state = corten.run(&["inspect", "--format", format, name]).success().line();
        assert!(state.starts_with(&format!("created {code} ")) && state.contains(error), "{state}");
    }
}
