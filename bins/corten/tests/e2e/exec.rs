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

#[test]
fn exec_needs_a_running_container() {
    let Some(corten) = setup::busybox() else { return };
    let id = corten.run(&["create", "--name", "box", "busybox"]).success().line();
    let outcome = corten.run(&["exec", "box", "true"]).exited(1);
    assert!(outcome.stderr().contains(&format!("container {id} is not running")), "{}", outcome.stderr());
}
