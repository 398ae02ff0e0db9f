//! Ends that a process keeps others from seeing.

use corten_testkit::host;

use super::{assert_responsive, await_text};
use crate::monitors::monitor_of;
use crate::restarts::until;
use crate::setup;

/// A process that outlives its session, or its container's first process, has the pipes still open.
#[test]
fn an_end_is_seen_although_somebody_keeps_the_pipes_open() {
    let Some(corten) = setup::busybox() else { return };
    let leave = "sleep 1000 & echo left; exit 3";
    assert_eq!(corten.run(&["run", "--rm", "busybox", "sh", "-c", leave]).exited(3).line(), "left");
    assert_eq!(
        corten.run(&["run", "--rm", "--pid", "host", "busybox", "sh", "-c", leave]).exited(3).line(),
        "left"
    );
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    assert_eq!(corten.run(&["exec", "box", "sh", "-c", leave]).exited(3).line(), "left");
    let daemon = "setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1000; done' & echo left; exit 4";
    assert_eq!(corten.run(&["exec", "--tty=false", "box", "sh", "-c", daemon]).exited(4).line(), "left");
    until("the processes that have stayed", || {
        corten.run(&["top", "box", "-o", "pid"]).success().stdout().lines().count() == 5
    });
    corten.run(&["stop", "--time", "0", "box"]).success();
}

#[test]
fn killing_everything_within_reach_reaches_the_container_alone() {
    let Some(corten) = setup::busybox() else { return };
    // The first process of a pid namespace is beyond the reach of its own.
    let first = corten
        .run(&["run", "--rm", "busybox", "sh", "-c", "sleep 1000 & kill -9 -1; kill -9 1; echo $?"])
        .success();
    assert_eq!(first.line(), "0");
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    let monitor = monitor_of(&corten, "box");
    let mut other =
        corten.spawn(&mut corten.command(&["exec", "box", "sh", "-c", "echo up; exec sleep 1000"]));
    await_text(&mut other, "up\n");
    corten.run(&["exec", "box", "sh", "-c", "kill -9 -1; kill -9 1; true"]).success();
    assert_eq!(other.wait().unwrap().code(), Some(137));
    assert!(host::is_alive(monitor));
    assert_responsive(&corten, "box");
}

#[test]
fn who_ignores_every_signal_is_ended_with_all_sessions() {
    let Some(corten) = setup::busybox() else { return };
    let deaf = "trap '' HUP INT QUIT TERM USR1 USR2 ALRM; echo up; while :; do sleep 1000; done";
    for command in [
        &["stop", "--time", "0", "box"][..],
        &["restart", "--time", "0", "box"],
        &["kill", "box"],
        &["rm", "--force", "box"],
    ] {
        corten.run(&["rm", "--force", "box"]);
        corten.run(&["run", "--detach", "--name", "box", "busybox", "sh", "-c", deaf]).success();
        let mut session = corten.spawn(&mut corten.command(&["exec", "box", "sh", "-c", deaf]));
        await_text(&mut session, "up\n");
        corten.run(&["exec", "--detach", "box", "sh", "-c", deaf]).success();
        corten.run(command).success();
        assert_eq!(session.wait().unwrap().code(), Some(137), "{command:?}");
    }
}

#[test]
fn who_stops_all_its_processes_is_ended() {
    let Some(corten) = setup::busybox() else { return };
    let busy = "sleep 1000 & sleep 1000 & echo up; wait";
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sh", "-c", busy]).success();
    let mut session = corten.spawn(&mut corten.command(&[
        "exec",
        "box",
        "sh",
        "-c",
        "echo up; kill -STOP -1; kill -STOP $$; sleep 1000",
    ]));
    await_text(&mut session, "up\n");
    corten.run(&["kill", "--signal", "STOP", "box"]).success();
    corten.run(&["stop", "--time", "0", "box"]).success();
    assert_eq!(session.wait().unwrap().code(), Some(137));
    assert_eq!(corten.run(&["inspect", "--format", "{{.State.ExitCode}}", "box"]).success().line(), "137");
}
