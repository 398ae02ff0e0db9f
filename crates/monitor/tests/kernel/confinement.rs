//! What the processes around a container have given up while it runs.

use std::collections::BTreeMap;
use std::os::fd::AsFd;

use corten_monitor::protocol::{ErrorKind, Reply, Request, Streams};

use crate::stage::{PATIENT, Stage, deadline, monitor_of, stream};

const PIPES: Streams = Streams { tty: false, open_stdin: false, stdin_once: true, size: None };

/// `CAP_KILL` of capabilities(7).
const KILL: &str = "0000000000000020";

/// `CAP_SYS_RESOURCE`.
const SYS_RESOURCE: u64 = 1 << 24;

/// The fields of `/proc/PID/status` (proc_pid_status(5)).
fn status(pid: u32) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let fields = text.lines().filter_map(|line| line.split_once(":\t"));
    fields.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

fn oom_score(pid: u32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).unwrap().trim().to_owned()
}

fn check_confined(pid: u32) {
    let status = status(pid);
    for (field, expected) in [
        ("CapPrm", KILL),
        ("CapEff", KILL),
        ("CapBnd", KILL),
        ("CapInh", "0000000000000000"),
        ("CapAmb", "0000000000000000"),
        ("NoNewPrivs", "1"),
        ("Seccomp", "2"),
        ("Seccomp_filters", "1"),
    ] {
        assert_eq!(status[field], expected, "{field} of {} {pid}", status["Name"]);
    }
    // What this very process could do for itself.
    let may_lower =
        u64::from_str_radix(&self::status(std::process::id())["CapEff"], 16).unwrap() & SYS_RESOURCE != 0;
    let expected = if may_lower { "-999".to_owned() } else { oom_score(std::process::id()) };
    assert_eq!(oom_score(pid), expected);
}

#[test]
fn monitors_and_keepers_have_given_their_rights_up_and_what_they_started_has_not() {
    let own = status(std::process::id());
    let stage = Stage::new(&["hold"]);
    let (mut connection, init) = stage.started(Vec::new());
    let mut session = stage.connect();
    let Reply::ExecStarted { pid } =
        stage.run(&mut session, &stage.exec("held", &["hold"], PIPES), None).unwrap()
    else {
        panic!("no session")
    };
    let monitor = monitor_of(&session);
    let keeper = status(pid)["PPid"].parse().unwrap();
    assert_ne!(keeper, monitor);
    check_confined(monitor);
    check_confined(keeper);
    for started in [init, pid] {
        let status = status(started);
        assert_eq!((&status["NoNewPrivs"], &status["Seccomp"]), (&own["NoNewPrivs"], &own["Seccomp"]));
        assert_eq!(oom_score(started), oom_score(std::process::id()));
    }
    stage.kill(&mut connection);
}

#[test]
fn a_monitor_that_took_over_is_as_confined_as_its_predecessor() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let mut control = stage.connect();
    let program = std::fs::File::open(stage.program()).unwrap();
    assert_eq!(control.request(Request::Reexecute, &[program.as_fd()], deadline()).unwrap(), Reply::Done);
    check_confined(monitor_of(&control));
    stage.kill(&mut connection);
}

#[test]
fn a_keeper_that_is_killed_takes_its_process_with_it_and_is_told_of() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let mut session = stage.connect();
    let Reply::ExecStarted { pid } =
        stage.run(&mut session, &stage.exec("held", &["hold"], PIPES), None).unwrap()
    else {
        panic!("no session")
    };
    let process = corten_sys::pidfd::open(pid).unwrap();
    let keeper = corten_sys::pidfd::open(status(pid)["PPid"].parse().unwrap()).unwrap();
    corten_sys::pidfd::send_signal(&keeper, 9).unwrap();
    assert!(crate::stage::ends(&process));
    assert!(matches!(session.announcement(deadline()).unwrap(), Reply::ExecExited { exit_code: 137, .. }));
    stage.kill(&mut connection);
}

#[test]
fn descriptors_that_a_request_does_not_take_are_refused() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let mut hostile = stage.connect();
    let root = std::fs::File::open("/").unwrap();
    let refused = hostile.request(Request::Status, &[root.as_fd()], deadline()).unwrap();
    assert!(matches!(refused, Reply::Refused { kind: ErrorKind::Invalid, .. }), "{refused:?}");
    // A stream where the channel of a keeper belongs.
    let (_near, far) = stream();
    let exec = corten_sys::memfd::sealed("exec", b"{}").unwrap();
    let request = Request::Exec { attach: None };
    let refused = hostile.request(request, &[exec.as_fd(), far.as_fd()], deadline()).unwrap();
    assert!(matches!(refused, Reply::Refused { kind: ErrorKind::Invalid, .. }), "{refused:?}");
    stage.kill(&mut connection);
}

#[test]
fn clients_are_bounded_in_number() {
    let stage = Stage::new(&["hold"]);
    let (mut connection, _) = stage.started(Vec::new());
    let mut greedy = stage.connect();
    let mut held = Vec::new();
    let refused = loop {
        let (near, far) = stream();
        held.push(near);
        match greedy.request(Request::Attach(PATIENT), &[far.as_fd()], deadline()).unwrap() {
            Reply::Done => assert!(held.len() < 1000, "there is no bound"),
            other => break other,
        }
    };
    assert!(matches!(refused, Reply::Refused { kind: ErrorKind::Conflict, .. }), "{refused:?}");
    stage.kill(&mut connection);
}
