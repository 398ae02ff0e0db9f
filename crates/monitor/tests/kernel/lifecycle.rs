//! Starts that work, starts that fail, requests, and the end: what is written down and announced.

use std::os::fd::{AsFd, OwnedFd};

use corten_journal::{FileLock, Record};
use corten_monitor::client::{ClientError, Connection};
use corten_monitor::protocol::{ErrorKind, Reaper, Reply, Request, VERSION};
use corten_spec::runtime::{Memory, Resources};
use corten_sys::{packet, pidfd};

use crate::stage::{Stage, deadline, ends, monitor_of};

#[test]
fn an_end_is_in_the_journal_and_the_events_when_it_is_announced() {
    let stage = Stage::new(&["exit", "7"]);
    let (mut connection, pid) = stage.started(Vec::new());
    let Reply::Exited { exit_code: 7, oom_killed: false, at } = connection.announcement(deadline()).unwrap()
    else {
        panic!("no end was announced");
    };
    let journal = stage.journal();
    let [Record::Started { pid: recorded, .. }, ended] = &journal[..] else { panic!("{journal:?}") };
    assert_eq!(*recorded, pid);
    assert_eq!(*ended, Record::Exited { exit_code: 7, signal: None, oom_killed: false, at });
    let events = stage.events();
    let actions: Vec<&str> = events.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["start", "die"]);
    let die = &events[1].attributes;
    assert_eq!(
        (die["exitCode"].as_str(), die["execDuration"].as_str(), die["image"].as_str()),
        ("7", "0", "testbed")
    );
}

#[test]
fn a_program_that_is_not_there_is_told_and_nothing_is_left() {
    let mut stage = Stage::new(&[]);
    if let Some(process) = &mut stage.start.launch.spec.process {
        process.args = vec!["/nothing-here".to_owned()];
    }
    let mut connection = stage.launch(Vec::new());
    let Reply::StartFailed { exit_code: 127, message } = connection.reply(deadline()).unwrap() else {
        panic!("the start did not fail as expected");
    };
    assert!(message.contains("/nothing-here"), "{message}");
    let journal = stage.journal();
    assert!(matches!(&journal[..], [Record::StartFailed { exit_code: 127, .. }]), "{journal:?}");
    assert!(stage.events().is_empty());
    assert!(matches!(connection.announcement(deadline()), Err(ClientError::Gone)));
}

#[test]
fn stop_kills_after_the_grace_period() {
    // PID 1 of a namespace does not get a signal that it has no handler for (pid_namespaces(7)): this one ignores SIGTERM.
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let stop = Request::Stop { signal: 15, grace_ms: Some(30) };
    assert_eq!(stage.connect().request(stop, &[], deadline()).unwrap(), Reply::Done);
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 137, .. }));
    assert!(matches!(stage.journal().last(), Some(Record::Exited { signal: Some(9), .. })));
    let events = stage.events();
    let signal = |event: &corten_journal::Event| event.attributes.get("signal").cloned().unwrap_or_default();
    let told: Vec<String> = events.iter().map(|event| format!("{}{}", event.action, signal(event))).collect();
    assert_eq!(told, ["start", "kill15", "kill9", "die", "stop"]);
}

#[test]
fn a_hostile_client_gets_refusals_and_the_monitor_goes_on() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, pid) = stage.started(Vec::new());
    let mut hostile = stage.connect();
    let long = vec![b'['; 64 * 1024 + 1];
    let newer = format!(r#"{{"version":{},"request":"Status"}}"#, VERSION + 1);
    let deep = "[".repeat(60_000);
    let attack: [(&[u8], ErrorKind); 5] = [
        (b"\xff\xfe", ErrorKind::Invalid),
        (&long, ErrorKind::Invalid),
        (deep.as_bytes(), ErrorKind::Invalid),
        (newer.as_bytes(), ErrorKind::NotImplemented),
        (br#"{"version":1,"request":{"Exec":{"attach":null}}}"#, ErrorKind::Invalid),
    ];
    for (bytes, expected) in attack {
        packet::send(&hostile, bytes, &[]).unwrap();
        let Reply::Refused { kind, .. } = hostile.reply(deadline()).unwrap() else { panic!("not refused") };
        assert_eq!(kind, expected);
    }
    // A descriptor that would make a careless reader wait for ever.
    let (reader, _writer) = std::io::pipe().unwrap();
    let exec = hostile.request(Request::Exec { attach: None }, &[reader.as_fd()], deadline()).unwrap();
    assert!(matches!(exec, Reply::Refused { kind: ErrorKind::Invalid, .. }), "{exec:?}");
    let started_again =
        hostile.request(Request::Start { attach: Vec::new(), network: false }, &[], deadline()).unwrap();
    assert!(matches!(started_again, Reply::Refused { kind: ErrorKind::Conflict, .. }));
    let odd = hostile.request(Request::Signal { signal: 4096, exec: None }, &[], deadline()).unwrap();
    assert!(matches!(odd, Reply::Refused { kind: ErrorKind::Invalid, .. }));
    assert!(
        matches!(stage.connect().request(Request::Status, &[], deadline()).unwrap(), Reply::Status { pid: still, .. } if still == pid)
    );
    stage.kill(&mut connection);
}

#[test]
fn a_client_that_never_reads_its_replies_is_dropped() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let deaf = stage.connect();
    let request = br#"{"version":1,"request":"Status"}"#;
    // Ends: each request asks for a reply, and the socket holds only so many.
    while packet::send(&deaf, request, &[]).is_ok() {}
    assert!(deaf.peer_gone());
    assert!(matches!(
        stage.connect().request(Request::Status, &[], deadline()).unwrap(),
        Reply::Status { .. }
    ));
    stage.kill(&mut connection);
}

#[test]
fn more_connections_than_are_served_at_once_wait_for_their_turn() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let mut many: Vec<Connection> = (0..150).map(|_| stage.connect()).collect();
    let mut last = many.pop().unwrap();
    drop(many);
    assert!(matches!(last.request(Request::Status, &[], deadline()).unwrap(), Reply::Status { .. }));
    stage.kill(&mut connection);
}

#[test]
fn a_container_that_the_kernel_killed_for_its_memory_is_reported_so() {
    let mut stage = Stage::new(&["hog"]);
    if let Some(linux) = &mut stage.start.launch.spec.linux {
        let memory = Memory { limit: Some(32 << 20), swap: Some(32 << 20), ..Memory::default() };
        linux.resources = Some(Resources { memory: Some(memory), ..Resources::default() });
    }
    let (mut connection, _) = stage.started(Vec::new());
    let end = connection.announcement(deadline()).unwrap();
    assert!(matches!(end, Reply::Exited { exit_code: 137, oom_killed: true, .. }), "{end:?}");
    let actions: Vec<String> = stage.events().into_iter().map(|event| event.action).collect();
    assert_eq!(actions, ["start", "oom", "die"]);
}

#[test]
fn the_monitor_and_the_container_are_in_control_groups_of_their_own() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, init) = stage.started(Vec::new());
    let monitor = monitor_of(&stage.connect());
    for (process, name) in [(init, "container"), (monitor, "monitors")] {
        let groups = std::fs::read_to_string(format!("/proc/{process}/cgroup")).unwrap();
        let outside: Vec<&str> = groups.lines().filter(|line| !line.ends_with(&format!("/{name}"))).collect();
        // What the machine mounts nowhere (a v1 hierarchy, say) cannot be joined.
        assert!(outside.iter().all(|line| line.ends_with(":/")), "{name}: {groups}");
        assert!(groups.lines().any(|line| line.ends_with(&format!("/{name}"))), "{name}: {groups}");
    }
    stage.kill(&mut connection);
}

#[test]
fn the_lock_is_held_until_everything_is_let_go() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    assert!(FileLock::try_exclusive(&stage.path("rootfs.lock")).unwrap().is_none());
    stage.kill(&mut connection);
    drop(stage.lock());
    assert!(matches!(Connection::connect(&stage.path("run")), Err(ClientError::Connect { .. })));
}

/// A child by the name that it has given itself, which it does first of all.
fn child_called(parent: u32, name: &str) -> OwnedFd {
    let list = format!("/proc/{parent}/task/{parent}/children");
    loop {
        for child in std::fs::read_to_string(&list).unwrap().split_whitespace() {
            if std::fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|comm| comm.trim() == name) {
                return pidfd::open(child.parse().unwrap()).unwrap();
            }
        }
    }
}

/// What whoever started the container does about its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Starter {
    Removes,
    HangsUpAfter,
    IsGoneBefore,
}

#[test]
fn the_reaper_runs_when_nobody_else_removes_and_only_then() {
    for starter in [Starter::Removes, Starter::HangsUpAfter, Starter::IsGoneBefore] {
        let mut stage = Stage::new(&["hold"]);
        let mark = stage.path("reaped");
        let arguments = vec!["touch".to_owned(), mark.to_str().unwrap().to_owned()];
        stage.start.reaper = Some(Reaper { program: stage.program(), arguments });
        let (mut connection, _) = stage.started(Vec::new());
        let monitor = monitor_of(&stage.connect());
        let reaper = child_called(monitor, "corten-reaper");
        let monitor = pidfd::open(monitor).unwrap();
        if starter == Starter::IsGoneBefore {
            drop(connection);
            stage.connect().request(Request::Signal { signal: 9, exec: None }, &[], deadline()).unwrap();
        } else {
            stage.kill(&mut connection);
            drop(stage.lock());
            if starter == Starter::Removes {
                std::fs::remove_dir_all(&stage.start.paths.container).unwrap();
            }
            drop(connection);
        }
        assert!(ends(&monitor) && ends(&reaper));
        assert_eq!(mark.exists(), starter != Starter::Removes, "{starter:?}");
    }
}
