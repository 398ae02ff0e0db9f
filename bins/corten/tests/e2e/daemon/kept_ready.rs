//! What a daemon keeps ready for the next start: nobody else's business, and gone with the daemon.

use std::fs;
use std::time::{Duration, Instant};

use corten_cgroups::Layout;
use corten_testkit::Corten;
use rustix::process::Signal;

use crate::setup;

use super::Daemon;

/// Processes that wait to be told what they are, and cables on the bridge.
fn kept(corten: &Corten) -> (usize, usize) {
    let layout = Layout::detect().unwrap();
    let home = layout.home(&corten.root().cgroup()).unwrap();
    let monitors = layout.open(&format!("{home}/monitors")).unwrap().pids().unwrap();
    let waits = |pid: &&u32| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "corten-recruit\n")
    };
    let name = corten.root().cgroup().replace('-', "");
    let cables = fs::read_dir(format!("/sys/class/net/{}-0/brif", &name[..12])).unwrap();
    (monitors.iter().filter(waits).count(), cables.count())
}

#[track_caller]
fn await_kept(corten: &Corten, wanted: (usize, usize)) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while kept(corten) != wanted {
        assert!(Instant::now() < deadline, "{:?} instead of {wanted:?}", kept(corten));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn two_processes_and_a_cable_are_nobodys_leftovers_and_go_with_the_daemon() {
    let Some(corten) = setup::busybox() else { return };
    for signal in [Signal::TERM, Signal::KILL] {
        let mut daemon = Daemon::start(&corten, &[]);
        let host = format!("unix://{}", daemon.socket.display());
        let run = ["--host", &host, "run", "--detach", "--name", "box", "busybox", "sleep", "1000"];
        corten.run(&run).success();
        await_kept(&corten, (2, 2));
        assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
        daemon.end(signal);
        await_kept(&corten, (0, 1));
        corten.run(&["rm", "--force", "box"]).success();
    }
}

#[test]
fn they_are_kept_while_others_settle() {
    let Some(corten) = setup::busybox() else { return };
    let daemon = Daemon::start(&corten, &[]);
    let host = format!("unix://{}", daemon.socket.display());
    let run = |words: &[&str]| corten.run(&[&["--host", host.as_str(), "run"], words].concat());
    run(&["--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    await_kept(&corten, (2, 2));
    corten.run(&["system", "settle"]).success();
    assert_eq!(kept(&corten), (2, 2));
    corten.run(&["rm", "--force", "box"]).success();
    // The bridge goes, and with it what the cable was good for.
    corten.run(&["system", "settle"]).success();
    run(&["--rm", "busybox", "ping", "-c", "1", "127.0.0.1"]).success();
}
