//! A newer program takes over a running container.

use std::fs::File;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt as _;

use corten_monitor::health::{Report, Status};
use corten_monitor::protocol::{ErrorKind, Reply, Request, Streams};

use crate::stage::{LINE, PATIENT, Stage, deadline, monitor_of, poured, stream, unframe};

/// 32 MiB.
const LINES: u64 = (32 << 20) / LINE as u64;

#[test]
fn a_re_execution_in_the_middle_of_output_loses_nothing() {
    let stage = Stage::new(&["pour", &LINES.to_string()]);
    let (mut client, theirs) = stream();
    let (mut connection, _) = stage.started(vec![(PATIENT, theirs)]);
    let mut control = stage.connect();
    let monitor = monitor_of(&control);
    let reading = std::thread::spawn(move || unframe(&mut client));
    let program = File::open(stage.program()).unwrap();
    for _ in 0..5 {
        match control.request(Request::Reexecute, &[program.as_fd()], deadline()) {
            Ok(reply) => assert_eq!(reply, Reply::Done),
            // On a machine that is quick enough the container has ended.
            Err(_) => break,
        }
    }
    let expected = poured(LINES);
    assert!(reading.join().unwrap() == expected, "the client got something else");
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    assert!(stage.log() == expected, "the log has something else");
    assert_ne!(monitor, 0);
}

#[test]
fn clients_that_are_behind_sessions_and_connections_survive_a_re_execution() {
    let stage = Stage::new(&["cat"]);
    let (mut client, theirs) = stream();
    let (mut connection, pid) = stage.started(vec![(PATIENT, theirs)]);
    let mut session = stage.connect();
    let (mut typist, theirs) = stream();
    let streams = Streams { tty: false, open_stdin: true, stdin_once: true, size: None };
    stage.run(&mut session, &stage.exec("kept", &["cat"], streams), Some((PATIENT, theirs))).unwrap();

    // More than sockets and pipes hold, so that the monitor has bytes waiting in both directions.
    let mut sender = client.try_clone().unwrap();
    let sent = poured(25_000);
    let sending = std::thread::spawn({
        let sent = sent.clone();
        move || {
            sender.write_all(&sent).unwrap();
            sender.shutdown(Shutdown::Write).unwrap();
        }
    });
    let mut first = [0; 8];
    client.read_exact(&mut first).unwrap();

    let mut control = stage.connect();
    let before = monitor_of(&control);
    let program = File::open(stage.program()).unwrap();
    for _ in 0..3 {
        assert_eq!(control.request(Request::Reexecute, &[program.as_fd()], deadline()).unwrap(), Reply::Done);
    }
    assert_eq!(monitor_of(&stage.connect()), before, "a re-execution keeps the process");
    let status = control.request(Request::Status, &[], deadline()).unwrap();
    assert!(
        matches!(&status, Reply::Status { pid: still, clients: 1, execs, trouble: None, .. } if *still == pid && execs.len() == 1),
        "{status:?}"
    );
    typist.write_all(b"after").unwrap();
    typist.shutdown(Shutdown::Write).unwrap();
    assert_eq!(unframe(&mut typist), b"after");
    assert!(matches!(session.announcement(deadline()).unwrap(), Reply::ExecExited { exit_code: 0, .. }));

    assert!(unframe(&mut first.as_slice().chain(&mut client)) == sent, "the client got something else");
    sending.join().unwrap();
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    assert!(stage.log() == sent, "the log has something else");
}

#[test]
fn a_program_that_cannot_be_executed_changes_nothing() {
    let stage = Stage::new(&["cat"]);
    let (mut client, theirs) = stream();
    let (mut connection, _) = stage.started(vec![(PATIENT, theirs)]);
    let no_program = File::open(stage.path("container/journal")).unwrap();
    let refused = stage.connect().request(Request::Reexecute, &[no_program.as_fd()], deadline()).unwrap();
    assert!(matches!(refused, Reply::Refused { kind: ErrorKind::Internal, .. }), "{refused:?}");
    client.write_all(b"still the old one").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(unframe(&mut client), b"still the old one");
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
}

/// What names a field of the state, in every place of the program.
const FIELD: &[u8] = b"requester";

/// A program that knows everything, but the state of whoever it is to take over from.
fn stranger(stage: &Stage) -> File {
    let mut bytes = std::fs::read(stage.program()).unwrap();
    let places: Vec<usize> = bytes
        .windows(FIELD.len())
        .enumerate()
        .filter(|(_, found)| *found == FIELD)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty(), "the program does not know the field");
    for at in places {
        bytes[at..at + FIELD.len()].copy_from_slice(b"requestor");
    }
    let path = stage.path("stranger");
    std::fs::write(&path, bytes).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    File::open(path).unwrap()
}

#[test]
fn a_successor_that_cannot_go_on_gives_everything_back() {
    let stage = Stage::new(&["cat"]).probed(&["exit", "0"]);
    let (mut client, theirs) = stream();
    let (mut connection, pid) = stage.started(vec![(PATIENT, theirs)]);
    let healthy = stage.await_report(|report| report.status == Status::Healthy);
    let stranger = stranger(&stage);
    for _ in 0..3 {
        let refused = stage.connect().request(Request::Reexecute, &[stranger.as_fd()], deadline()).unwrap();
        let Reply::Refused { kind: ErrorKind::Internal, message } = refused else { panic!("{refused:?}") };
        assert!(message.starts_with("cannot re-execute: cannot read the predecessor's state: "), "{message}");
    }
    let status = stage.connect().request(Request::Status, &[], deadline()).unwrap();
    assert!(
        matches!(&status, Reply::Status { pid: still, clients: 1, trouble: None, .. } if *still == pid),
        "{status:?}"
    );
    let last = |report: &Report| report.log.last().map(|result| result.start);
    let after = stage.await_report(|report| last(report) > last(&healthy));
    assert_eq!(after.since, healthy.since);
    client.write_all(b"still here").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(unframe(&mut client), b"still here");
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    stage.forget_report();
}

#[test]
fn a_containers_health_is_probed_under_the_next_program_too() {
    let stage = Stage::new(&["hold"]).probed(&["exit", "0"]);
    let (mut connection, _) = stage.started(Vec::new());
    let before = stage.await_report(|report| report.status == Status::Healthy);
    let program = File::open(stage.program()).unwrap();
    let reply = stage.connect().request(Request::Reexecute, &[program.as_fd()], deadline()).unwrap();
    assert_eq!(reply, Reply::Done);
    let last = |report: &Report| report.log.last().map(|result| result.start);
    let taken_over = stage.await_report(|report| last(report) > last(&before));
    let after = stage.await_report(|report| last(report) > last(&taken_over));
    assert_eq!(after.since, before.since);
    stage.kill(&mut connection);
    stage.forget_report();
    let told = stage.events();
    let changes = told.iter().filter(|event| event.action.starts_with("health_status"));
    assert_eq!(changes.map(|event| event.action.as_str()).collect::<Vec<_>>(), ["health_status: healthy"]);
}
