//! A monitor that somebody has stopped holds nobody up: what needs it is refused at once, what ends its container works.

use std::fs;

use corten_testkit::{Corten, host};
use rustix::process::{Pid, Signal, kill_process};

use crate::setup;

/// A container whose monitor is stopped; the monitor's number.
fn stopped(corten: &Corten) -> u32 {
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    let init = corten.run(&["inspect", "--format", "{{.State.Pid}}", "box"]).success().line();
    let status = fs::read_to_string(format!("/proc/{init}/status")).expect("its status");
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).expect("its parent");
    let monitor: u32 = parent.trim().parse().expect("a number");
    signal(monitor, Signal::STOP);
    // The signal is only on its way.
    let state = || fs::read_to_string(format!("/proc/{monitor}/stat")).expect("its state");
    while !state().contains(") T ") {
        std::thread::yield_now();
    }
    monitor
}

fn signal(process: u32, signal: Signal) {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("a signal");
}

#[test]
fn what_needs_it_is_refused_by_name_and_what_does_not_works() {
    let Some(corten) = setup::busybox() else { return };
    let monitor = stopped(&corten);
    let id = corten.run(&["inspect", "--format", "{{.Id}}", "box"]).success().line();
    assert_eq!(corten.run(&["ps", "--format", "{{.Names}}"]).success().line(), "box");
    let commands: [(&[&str], &str); 4] = [
        (&["stop", "box"], "stop"),
        (&["kill", "--signal", "TERM", "box"], "kill"),
        (&["exec", "box", "true"], "start a session in"),
        (&["attach", "box"], "attach to"),
    ];
    for (command, operation) in commands {
        let refused = corten.run(command).stderr();
        let text = format!("cannot {operation} container {id}: its monitor (process {monitor}) is stopped");
        assert!(refused.contains(&text), "{command:?}: {refused}");
    }
    signal(monitor, Signal::CONT);
    corten.run(&["stop", "--time", "0", "box"]).success();
}

#[test]
fn sigkill_and_removal_work_without_it() {
    let Some(corten) = setup::busybox() else { return };
    for command in [["kill", "box"].as_slice(), &["rm", "--force", "box"]] {
        let monitor = stopped(&corten);
        corten.run(command).success();
        assert!(!host::is_alive(monitor), "{command:?} left the monitor");
        if command[0] == "kill" {
            let state = ["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", "box"];
            assert_eq!(corten.run(&state).success().line(), "exited 137");
            corten.run(&["start", "box"]).success();
            corten.run(&["rm", "--force", "box"]).success();
        }
    }
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
}
