//! Processes that are started before there is a container or a session for them.

use std::process::Command;

use corten_cgroups::Layout;
use corten_monitor::client::{Origin, Recruit};
use corten_monitor::is_recruit;
use corten_monitor::protocol::{Reply, Streams};
use corten_sys::packet;
use rustix::process::{Pid, Signal, kill_process};

use crate::stage::{Stage, deadline};

const NO_INPUT: Streams = Streams { tty: false, open_stdin: false, stdin_once: false, size: None };

/// Those that wait for an order, in the cgroup of the stage's monitors.
fn waiting(stage: &Stage) -> Vec<u32> {
    let pids = Layout::detect().and_then(|layout| layout.open(stage.monitor_cgroup())?.pids()).unwrap();
    pids.into_iter().filter(|&pid| is_recruit(pid)).collect()
}

fn recruit(stage: &Stage) -> Recruit {
    let recruit = Recruit::start(&stage.program(), stage.monitor_cgroup()).unwrap();
    assert!(recruit.is_waiting());
    recruit
}

#[test]
fn a_recruit_becomes_the_monitor_of_a_container_or_the_keeper_of_a_session() {
    let stage = Stage::new(&["hold"]);
    let program = stage.program();
    let origin = |recruit: Recruit| Origin { program: &program, recruit: Some(recruit) };
    let first = recruit(&stage);
    let pids = waiting(&stage);
    let mut connection = stage.launch_by(origin(first), Vec::new());
    assert!(matches!(connection.reply(deadline()).unwrap(), Reply::Started { .. }));
    assert_eq!((pids.len(), waiting(&stage).len()), (1, 0));
    assert_eq!(stage.connect().monitor().unwrap(), pids[0], "it is the monitor itself");
    let mut session = stage.connect();
    let exec = stage.exec("one", &["exit", "3"], NO_INPUT);
    let reply = stage.run_by(origin(recruit(&stage)), &mut session, &exec, None).unwrap();
    assert!(matches!(reply, Reply::ExecStarted { .. }), "{reply:?}");
    assert!(matches!(session.announcement(deadline()).unwrap(), Reply::ExecExited { exit_code: 3, .. }));
    stage.kill(&mut connection);
}

#[test]
fn one_that_was_ended_is_replaced_by_another_process() {
    let stage = Stage::new(&["hold"]);
    let ended = recruit(&stage);
    let pid = waiting(&stage)[0].cast_signed();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    while ended.is_waiting() {
        std::thread::yield_now();
    }
    let origin = Origin { program: &stage.program(), recruit: Some(ended) };
    let mut connection = stage.launch_by(origin, Vec::new());
    assert!(matches!(connection.reply(deadline()).unwrap(), Reply::Started { .. }));
    stage.kill(&mut connection);
}

#[test]
fn one_that_nobody_needs_ends_with_who_has_it() {
    let stage = Stage::new(&["hold"]);
    drop(recruit(&stage));
    assert_eq!(waiting(&stage), [0; 0]);
}

#[test]
fn one_that_has_no_descriptor_left_says_so_to_whoever_gives_the_order() {
    let stage = Stage::new(&["hold"]);
    let (starter, channel) = packet::pair().unwrap();
    let mut command = Command::new("sh");
    let mut recruit = command
        .args(["-c", "exec 3</dev/null; ulimit -n 4; exec \"$0\" monitor"])
        .arg(stage.program())
        .stdin(channel)
        .spawn()
        .unwrap();
    packet::send(&starter, b"{}", &[]).unwrap();
    let mut buffer = [0; 4096];
    let packet = packet::receive(&starter, &mut buffer).unwrap();
    let reply: Reply = serde_json::from_slice(&buffer[..packet.length]).unwrap();
    let Reply::StartFailed { message, .. } = reply else { panic!("{reply:?}") };
    assert_eq!(message, "cannot take over the channel: Too many open files (os error 24)");
    recruit.wait().unwrap();
}
