//! SIGKILL to everybody in turn.

use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};

use corten_monitor::protocol::{Reply, Request};
use corten_sys::pidfd;

use crate::stage::{PATIENT, Stage, deadline, ends, monitor_of, stream, unframe};

#[test]
fn sigkill_to_the_engine_changes_nothing() {
    let stage = Stage::new(&["cat"]);
    std::fs::write(stage.path("start.json"), serde_json::to_vec(&stage.start).unwrap()).unwrap();
    let mut engine = Command::new(stage.program())
        .arg("engine")
        .args([stage.program(), stage.path("start.json"), stage.path("rootfs.lock")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(engine.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let Reply::Started { pid } = serde_json::from_str(&line).unwrap() else { panic!("{line}") };
    engine.kill().unwrap();
    engine.wait().unwrap();

    let mut connection = stage.connect();
    let status = connection.request(Request::Status, &[], deadline()).unwrap();
    assert!(matches!(status, Reply::Status { pid: still, trouble: None, .. } if still == pid), "{status:?}");
    let (mut client, theirs) = stream();
    connection.request(Request::Attach(PATIENT), &[theirs.as_fd()], deadline()).unwrap();
    drop(theirs);
    std::io::Write::write_all(&mut client, b"still here").unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(unframe(&mut client), b"still here");
}

#[test]
fn the_starter_has_no_child_left_while_the_container_runs() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let monitor = monitor_of(&stage.connect());
    let status = std::fs::read_to_string(format!("/proc/{monitor}/status")).unwrap();
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:\t")).unwrap();
    assert_ne!(parent, std::process::id().to_string());
    assert_eq!(zombies_of(std::process::id(), "program"), 0);
    stage.kill(&mut connection);
}

fn zombies_of(parent: u32, name: &str) -> usize {
    let children = std::fs::read_dir(format!("/proc/{parent}/task")).unwrap().flat_map(|task| {
        let list = std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    });
    children
        .filter(|child| {
            std::fs::read_to_string(format!("/proc/{child}/stat"))
                .is_ok_and(|stat| stat.contains(name) && stat.contains(") Z "))
        })
        .count()
}

#[test]
fn sigkill_to_the_monitor_ends_the_container() {
    let stage = Stage::new(&["hold"]);
    let (connection, pid) = stage.started(Vec::new());
    let init = pidfd::open(pid).unwrap();
    let monitor = pidfd::open(monitor_of(&stage.connect())).unwrap();
    pidfd::send_signal(&monitor, 9).unwrap();
    assert!(ends(&monitor) && ends(&init));
    assert!(connection.peer_gone());
    stage.clear_up_after_a_killed_monitor();
}

#[test]
fn sigterm_to_the_monitor_goes_to_the_container_and_the_monitor_stays() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, pid) = stage.started(Vec::new());
    let monitor = pidfd::open(monitor_of(&stage.connect())).unwrap();
    for signal in [15, 1, 2] {
        pidfd::send_signal(&monitor, signal).unwrap();
    }
    // Signals to a process are ordered with its replies: it has taken these before it reads the request.
    let status = stage.connect().request(Request::Status, &[], deadline()).unwrap();
    assert!(matches!(status, Reply::Status { pid: still, .. } if still == pid));
    stage.kill(&mut connection);
}
