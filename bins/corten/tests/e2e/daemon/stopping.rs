//! A daemon that ends, however, changes nothing for containers.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::setup;

use super::Daemon;

#[test]
fn containers_outlive_the_daemon_and_the_next_one_knows_them() {
    let Some(corten) = setup::busybox() else { return };
    for signal in [Signal::TERM, Signal::KILL] {
        let mut daemon = Daemon::start(&corten, &[]);
        let host = format!("unix://{}", daemon.socket.display());
        let script = "trap 'exit 7' TERM; echo one; while :; do sleep 0.1; done";
        let run = ["run", "--detach", "--name", "box", "busybox", "sh", "-c", script];
        corten.run(&[&["--host", host.as_str()], &run[..]].concat()).success();
        daemon.end(signal);
        assert_eq!(corten.run(&["ps", "--format", "{{.Names}}"]).success().stdout(), "box\n");
        let daemon = Daemon::start(&corten, &[]);
        let through = |words: &[&str]| corten.run(&[&["--host", host.as_str()], words].concat());
        assert_eq!(through(&["logs", "box"]).success().stdout(), "one\n");
        through(&["kill", "--signal", "TERM", "box"]).success();
        assert_eq!(through(&["wait", "box"]).success().stdout(), "7\n");
        through(&["rm", "box"]).success();
        drop(daemon);
    }
}

#[test]
fn a_request_that_is_under_way_is_answered_while_the_daemon_stops() {
    let Some(corten) = setup::busybox() else { return };
    let mut daemon = Daemon::start(&corten, &[]);
    corten.run(&["create", "--name", "box", "busybox", "true"]).success();
    let mut waiting = UnixStream::connect(&daemon.socket).unwrap();
    waiting
        .write_all(b"POST /v1.41/containers/box/wait?condition=next-exit HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    // Its head says that the daemon waits.
    let mut head = [0; 12];
    waiting.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    rustix::process::kill_process(daemon.pid(), Signal::TERM).unwrap();
    while daemon.socket.exists() {
        std::thread::yield_now();
    }
    // The next daemon keeps its socket when the one before has ended.
    let next = Daemon::start(&corten, &[]);
    corten.run(&["start", "box"]).success();
    let mut rest = String::new();
    waiting.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("\"StatusCode\":0"), "{rest}");
    assert!(daemon.wait().status.success());
    assert!(UnixStream::connect(&next.socket).is_ok());
}

#[test]
fn a_daemon_takes_away_what_somebody_who_was_killed_has_left() {
    let Some(corten) = setup::busybox() else { return };
    let orphan = corten.root().state().join("containers").join("7".repeat(64));
    std::fs::create_dir_all(orphan.join("upper")).unwrap();
    let _daemon = Daemon::start(&corten, &[]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while orphan.exists() {
        assert!(Instant::now() < deadline, "nobody takes it away");
        std::thread::sleep(Duration::from_millis(50));
    }
}
