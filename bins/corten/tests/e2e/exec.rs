//! More processes in a running container.

use crate::setup;

#[test]
fn exec_runs_beside_the_container_and_exits_as_its_process_did() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "--env", "A=1", "busybox", "sleep", "1000"]).success();
    let script = "echo $A$B; readlink /proc/self/ns/pid; readlink /proc/1/ns/pid; exit 9";
    let outcome = corten.run(&["exec", "--env", "B=2", "box", "sh", "-c", script]).exited(9);
    let lines: Vec<String> = outcome.stdout().lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "12");
    assert_eq!(lines[1], lines[2]);
    // dockerd finds 127 as well, and then overwrites it with 126 (moby issue 45795).
    corten.run(&["exec", "box", "no-such-command"]).exited(127);
}

#[test]
fn exec_hands_its_input_over() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    let outcome =
        corten.run_with_input(&["exec", "--interactive", "box", "tr", "a-z", "A-Z"], b"sheep").success();
    assert_eq!(outcome.stdout(), "SHEEP");
}

/// The bounding set that `exec` with these options finds in a container with those.
fn bounding_set(run: &[&str], exec: &[&str]) -> Option<String> {
    let corten = setup::busybox()?;
    let container = [&["run", "--detach", "--name", "box"], run, &["busybox", "sleep", "1000"]].concat();
    corten.run(&container).success();
    let session = [&["exec"], exec, &["box", "grep", "CapBnd", "/proc/self/status"]].concat();
    Some(corten.run(&session).success().stdout().trim_start_matches("CapBnd:").trim().to_owned())
}

#[test]
fn a_session_has_the_rights_that_it_asks_for_although_the_monitor_has_none_to_give() {
    let own = std::fs::read_to_string("/proc/self/status").unwrap();
    let all = own.lines().find_map(|line| line.strip_prefix("CapBnd:\t")).unwrap();
    let dockers = "00000000a80425fb";
    let variants: [(&[&str], &[&str], &str); 8] = [
        (&[], &[], dockers),
        (&[], &["--privileged"], all),
        (&[], &["--tty", "--user", "1000"], dockers),
        (&["--privileged"], &[], all),
        (&["--init", "--security-opt", "seccomp=unconfined"], &[], dockers),
        (&["--user", "1000:1000", "--init"], &["--user", "0"], dockers),
        (&["--cap-drop", "ALL"], &[], "0000000000000000"),
        (&["--cap-drop", "ALL", "--pid", "host"], &["--privileged"], all),
    ];
    for (run, exec, expected) in variants {
        let Some(found) = bounding_set(run, exec) else { return };
        assert_eq!(found, expected, "{run:?} {exec:?}");
    }
}

#[test]
fn exec_needs_a_running_container() {
    let Some(corten) = setup::busybox() else { return };
    let id = corten.run(&["create", "--name", "box", "busybox"]).success().line();
    let outcome = corten.run(&["exec", "box", "true"]).exited(1);
    assert!(outcome.stderr().contains(&format!("container {id} is not running")), "{}", outcome.stderr());
}
