//! Exec sessions.

use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;

use corten_monitor::protocol::{ErrorKind, Reply, Request, Streams};

use crate::stage::{PATIENT, Stage, deadline, stream, unframe};

const PIPES: Streams = Streams { tty: false, open_stdin: true, stdin_once: true, size: None };

#[test]
fn a_session_has_streams_of_its_own_and_its_exit_code_is_announced_and_kept() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let mut session = stage.connect();
    let (mut client, theirs) = stream();
    let reply =
        stage.run(&mut session, &stage.exec("one", &["cat"], PIPES), Some((PATIENT, theirs))).unwrap();
    assert!(matches!(reply, Reply::ExecStarted { .. }), "{reply:?}");
    client.write_all(b"to the session").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(unframe(&mut client), b"to the session");
    assert_eq!(
        session.announcement(deadline()).unwrap(),
        Reply::ExecExited { exec: "one".to_owned(), exit_code: 0 }
    );
    let reply = stage.run(&mut session, &stage.exec("two", &["exit", "3"], PIPES), None).unwrap();
    assert!(matches!(reply, Reply::ExecStarted { .. }), "{reply:?}");
    assert!(matches!(session.announcement(deadline()).unwrap(), Reply::ExecExited { exit_code: 3, .. }));
    let Reply::Status { ended, execs, .. } = session.request(Request::Status, &[], deadline()).unwrap()
    else {
        panic!("no status");
    };
    assert_eq!((ended, execs.len()), (vec![("one".to_owned(), 0), ("two".to_owned(), 3)], 0));
    stage.kill(&mut connection);
    assert_eq!(stage.log(), b"");
    let events = stage.events();
    let told: Vec<(&str, Option<&String>)> =
        events.iter().map(|event| (event.action.as_str(), event.attributes.get("execID"))).collect();
    let (one, two) = ("one".to_owned(), "two".to_owned());
    assert_eq!(
        told,
        [
            ("start", None),
            ("exec_start: /testbed cat", Some(&one)),
            ("exec_die", Some(&one)),
            ("exec_start: /testbed exit 3", Some(&two)),
            ("exec_die", Some(&two)),
            ("kill", None),
            ("die", None),
        ]
    );
}

#[test]
fn a_session_on_a_terminal_has_its_first_size_and_every_later_one() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let mut session = stage.connect();
    let (mut client, theirs) = stream();
    let streams = Streams { tty: true, open_stdin: true, stdin_once: true, size: Some((24, 80)) };
    let reply =
        stage.run(&mut session, &stage.exec("tty", &["sizes"], streams), Some((PATIENT, theirs))).unwrap();
    assert!(matches!(reply, Reply::ExecStarted { .. }), "{reply:?}");
    let mut screen = BufReader::new(client.try_clone().unwrap());
    let mut ask = || {
        client.write_all(b"\n").unwrap();
        loop {
            let mut line = String::new();
            assert_ne!(screen.read_line(&mut line).unwrap(), 0, "the terminal is gone");
            // The terminal echoes what was typed.
            if !line.trim().is_empty() {
                return line.trim().to_owned();
            }
        }
    };
    assert_eq!(ask(), "24x80");
    let resize = Request::Resize { exec: Some("tty".to_owned()), rows: 50, columns: 132 };
    assert_eq!(stage.connect().request(resize, &[], deadline()).unwrap(), Reply::Done);
    assert_eq!(ask(), "50x132");
    client.write_all(b"\x04").unwrap();
    assert!(matches!(session.announcement(deadline()).unwrap(), Reply::ExecExited { exit_code: 0, .. }));
    stage.kill(&mut connection);
}

#[test]
fn a_session_that_cannot_start_is_told_and_one_that_is_not_there_refused() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let mut missing = stage.exec("missing", &[], PIPES);
    missing.launch.process.args = vec!["/nothing-here".to_owned()];
    let mut session = stage.connect();
    let failed = stage.run(&mut session, &missing, None).unwrap();
    assert!(matches!(failed, Reply::StartFailed { exit_code: 127, .. }), "{failed:?}");
    for request in [
        Request::Signal { signal: 15, exec: Some("missing".to_owned()) },
        Request::Resize { exec: Some("missing".to_owned()), rows: 1, columns: 1 },
    ] {
        let refused = session.request(request, &[], deadline()).unwrap();
        assert!(matches!(refused, Reply::Refused { kind: ErrorKind::NotFound, .. }), "{refused:?}");
    }
    let resize = Request::Resize { exec: None, rows: 1, columns: 1 };
    assert_eq!(session.request(resize, &[], deadline()).unwrap(), Reply::Done, "without a terminal");
    stage.kill(&mut connection);
}

#[test]
fn sessions_end_with_the_container_and_before_it() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let mut session = stage.connect();
    let (mut client, theirs) = stream();
    stage.run(&mut session, &stage.exec("held", &["hold"], PIPES), Some((PATIENT, theirs))).unwrap();
    stage.kill(&mut connection);
    assert!(matches!(session.announcement(deadline()).unwrap(), Reply::ExecExited { exit_code: 137, .. }));
    assert_eq!(unframe(&mut client), b"");
    let actions: Vec<String> = stage.events().into_iter().map(|event| event.action).collect();
    assert_eq!(actions[2..], ["kill", "exec_die", "die"]);
}
