//! Containers on a terminal: keys, sizes, detaching.

use crate::setup;

#[test]
fn a_shell_on_a_terminal_has_job_control_and_the_right_size() {
    let Some(corten) = setup::busybox() else { return };
    let mut terminal = corten.terminal(&["run", "-it", "--rm", "busybox", "sh"]);
    terminal.expect("# ");
    terminal.resize(33, 99);
    terminal.send("until [ \"$(stty size)\" = '33 99' ]; do :; done; echo si''ze\n");
    terminal.expect("size");
    // A shell of its own says so: by then it is the terminal's foreground job.
    terminal.send("sh -c 'echo ru\"\"nning; sleep 1000'\n");
    terminal.expect("running");
    terminal.send("\x03");
    terminal.send("echo interrup''ted\n");
    terminal.expect("interrupted");
    terminal.send("exit 4\n");
    assert_eq!(terminal.wait(), 4);
}

#[test]
fn the_detach_keys_leave_the_container_running() {
    let Some(corten) = setup::busybox() else { return };
    let mut terminal = corten.terminal(&["run", "-it", "--name", "box", "busybox", "sh"]);
    terminal.expect("# ");
    terminal.send("\x10\x11");
    assert_eq!(terminal.wait(), 0);
    let running = corten.run(&["inspect", "--format", "{{.State.Running}}", "box"]).success();
    assert_eq!(running.line(), "true");

    let mut again = corten.terminal(&["attach", "--detach-keys", "ctrl-a,d", "box"]);
    again.send("echo ba''ck\n");
    again.expect("back");
    again.send("\x01d");
    again.expect("read escape sequence");
    // For Docker too, leaving an `attach` is a failure, and leaving a `run` is none.
    assert_eq!(again.wait(), 1);
}

#[test]
fn a_stopped_job_comes_back_to_the_foreground() {
    let Some(corten) = setup::busybox() else { return };
    let mut terminal = corten.terminal(&["run", "-it", "--name", "box", "busybox", "sh"]);
    terminal.expect("# ");
    // What it says when it goes on, it says in the foreground: by then the shell has handed the terminal over.
    let job = "trap \"echo con\\\"\\\"tinued\" CONT; echo beg\"\"un; while :; do sleep 0.05; done";
    terminal.send(format!("sh -c '{job}'\n"));
    terminal.expect("begun");
    terminal.send("\x1a");
    terminal.expect("Stopped");
    terminal.send("echo kept > /note; fg\n");
    terminal.expect("continued");
    terminal.send("\x03");
    terminal.send("exit 4\n");
    assert_eq!(terminal.wait(), 4);

    corten.run(&["run", "--rm", "busybox", "cat", "/note"]).exited(1);
    let mut again = corten.terminal(&["start", "--attach", "--interactive", "box"]);
    again.send("cat /note\n");
    again.expect("kept");
    again.send("exit 7\n");
    assert_eq!(again.wait(), 7);
}

#[test]
fn an_exec_has_a_terminal_of_its_own() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "-t", "--name", "box", "busybox", "sleep", "1000"]).success();
    let mut terminal = corten.terminal(&["exec", "-it", "box", "sh"]);
    terminal.expect("# ");
    terminal.send("stty size; tty\n");
    terminal.expect("24 80");
    terminal.expect("/dev/pts/1");
    terminal.resize(33, 99);
    terminal.send("until [ \"$(stty size)\" = '33 99' ]; do :; done; echo si''ze\n");
    terminal.expect("size");
    terminal.send("exit 9\n");
    assert_eq!(terminal.wait(), 9);
}
