//! A scope asked of a peer that plays systemd, and of the real one where there is one.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::thread;

use corten_error::chain;
use expect_test::{Expect, expect};

use super::*;
use crate::message::tests::incoming;
use crate::message::{FIXED, length_of_rest};

const SCOPE: Scope<'static> =
    Scope { unit: "corten-1a.scope", description: "Containers of Corten", slice: "system.slice" };

/// Plays the peer: authenticates, takes `calls` calls, says `answers` and hangs up. Returns the calls.
fn play(mut stream: UnixStream, calls: usize, answers: &[Vec<u8>]) -> Vec<Vec<u8>> {
    expect_line(&mut stream, "\0AUTH EXTERNAL ");
    stream.write_all(b"OK 1234\r\n").unwrap();
    expect_line(&mut stream, "BEGIN");
    let taken = (0..calls)
        .map(|_| {
            let mut fixed = [0; FIXED];
            stream.read_exact(&mut fixed).unwrap();
            let mut call = fixed.to_vec();
            call.resize(FIXED + length_of_rest(&fixed).unwrap(), 0);
            stream.read_exact(&mut call[FIXED..]).unwrap();
            call
        })
        .collect();
    answers.iter().for_each(|answer| stream.write_all(answer).unwrap());
    taken
}

fn expect_line(stream: &mut UnixStream, start: &str) {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        line.extend(byte);
    }
    assert!(String::from_utf8(line).unwrap().starts_with(start));
}

/// Asks for [`SCOPE`] where the peer says `answers`; the outcome and the calls that the peer got.
fn ask(peer: Peer, answers: Vec<Vec<u8>>) -> (Result<(), SystemdError>, Vec<Vec<u8>>) {
    let (here, there) = UnixStream::pair().unwrap();
    let calls = if peer == Peer::Bus { 3 } else { 1 };
    let systemd = thread::spawn(move || play(there, calls, &answers));
    let deadline = Instant::now() + Duration::from_secs(60);
    let outcome =
        Connection::over(here, peer, deadline).and_then(|connection| start_over(connection, &SCOPE, 4242));
    (outcome, systemd.join().unwrap())
}

fn text(words: &[&str]) -> Vec<u8> {
    let mut body = Writer::default();
    words.iter().for_each(|word| body.string(word));
    body.into_bytes()
}

fn accepted(serial: u32, job: &str) -> Vec<u8> {
    incoming(2, &[(8, "g", "o")], Some(serial), &text(&[job]))
}

fn removed(job: &str, result: &str) -> Vec<u8> {
    let mut body = Writer::default();
    body.u32(1);
    [job, SCOPE.unit, result].iter().for_each(|word| body.string(word));
    incoming(4, &[(3, "s", "JobRemoved"), (8, "g", "uoss")], None, &body.into_bytes())
}

fn fails(answers: Vec<Vec<u8>>, expected: &Expect) {
    let (outcome, _) = ask(Peer::Systemd, answers);
    expected.assert_eq(&chain(&outcome.unwrap_err()));
}

#[test]
fn a_scope_has_started_when_its_own_job_has_ended() {
    let (outcome, calls) = ask(
        Peer::Systemd,
        vec![removed("/job/1", "failed"), accepted(1, "/job/2"), removed("/job/2", "done")],
    );
    outcome.unwrap();
    let printable: String =
        calls[0].iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' }).collect();
    let lines: Vec<&str> =
        printable.as_bytes().chunks(100).map(|line| str::from_utf8(line).unwrap()).collect();
    expect![[r#"
        l.................o...../org/freedesktop/systemd1.........s.....org.freedesktop.systemd1.Manager....
        ......s.....StartTransientUnit........s.....org.freedesktop.systemd1..........g..ssa(sv)a(sa(sv))...
        ....corten-1a.scope.....fail................Description..s......Containers.of.Corten........Slice..s
        ........system.slice............Delegate..b.............TasksMax..t.............CollectMode..s......
        inactive-or-failed..........PIDs..au...................."#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn a_bus_is_greeted_and_asked_for_the_signal_first() {
    let answers = vec![accepted(1, ":1.7"), accepted(3, "/job/2"), removed("/job/2", "done")];
    let (outcome, calls) = ask(Peer::Bus, answers);
    outcome.unwrap();
    for (call, member) in calls.iter().zip(["Hello", "AddMatch", "StartTransientUnit"]) {
        assert!(String::from_utf8_lossy(call).contains(member), "{member}");
    }
}

#[test]
fn failures_are_told_as_systemd_tells_them() {
    let refused = |name| incoming(3, &[(4, "s", name), (8, "g", "s")], Some(1), &text(&["Access denied"]));
    fails(
        vec![refused("org.freedesktop.DBus.SystemdError.AccessDenied")],
        &expect!["org.freedesktop.DBus.SystemdError.AccessDenied: Access denied"],
    );
    fails(
        vec![refused("org.freedesktop.systemd1.UnitExists")],
        &expect!["unit `corten-1a.scope` exists already"],
    );
    fails(
        vec![accepted(1, "/job/2"), removed("/job/2", "timeout")],
        &expect!["start of unit `corten-1a.scope` ended with `timeout`"],
    );
    fails(vec![accepted(1, "/job/2")], &expect!["receive from D-Bus: failed to fill whole buffer"]);
    fails(
        vec![incoming(4, &[(3, "s", "JobRemoved")], None, &[1])],
        &expect!["malformed D-Bus message: it ends too early"],
    );
}

#[test]
fn a_real_scope_holds_the_process_and_ends_with_it() {
    if !Path::new("/run/systemd/system").exists() || !rustix::process::geteuid().is_root() {
        println!("skipped: no systemd that this user may ask");
        return;
    }
    let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
    let unit = format!("corten-test-{}.scope", child.id());
    let scope = Scope { unit: &unit, ..SCOPE };
    start_scope(&scope, child.id()).unwrap();
    let cgroups = fs::read_to_string(format!("/proc/{}/cgroup", child.id())).unwrap();
    let again = start_scope(&scope, child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(cgroups.contains(&format!("/system.slice/{unit}\n")), "{cgroups}");
    assert!(matches!(again, Err(SystemdError::Exists { .. })), "{again:?}");
}

/// Stops [`SCOPE`] where the peer says `answers`; the outcome and the call that the peer got.
fn stop(answers: Vec<Vec<u8>>) -> (Result<(), SystemdError>, String) {
    let (here, there) = UnixStream::pair().unwrap();
    let systemd = thread::spawn(move || play(there, 1, &answers));
    let deadline = Instant::now() + Duration::from_secs(60);
    let outcome = Connection::over(here, Peer::Systemd, deadline)
        .and_then(|connection| stop_over(connection, SCOPE.unit));
    (outcome, String::from_utf8_lossy(&systemd.join().unwrap()[0]).into_owned())
}

#[test]
fn a_scope_is_stopped_when_its_job_has_ended_or_there_is_none() {
    let (outcome, call) = stop(vec![accepted(1, "/job/2"), removed("/job/2", "done")]);
    outcome.unwrap();
    assert!(call.contains("StopUnit") && call.contains(SCOPE.unit), "{call}");
    let none = incoming(3, &[(4, "s", NO_SUCH_UNIT), (8, "g", "s")], Some(1), &text(&["not loaded"]));
    stop(vec![none]).0.unwrap();
    let (outcome, _) = stop(vec![accepted(1, "/job/2"), removed("/job/2", "timeout")]);
    assert!(matches!(outcome, Err(SystemdError::Job { .. })));
}
