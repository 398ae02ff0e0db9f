//! What a daemon keeps ready for the next start: nobody else's business, and gone with the daemon.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use corten_cgroups::Layout;
use corten_testkit::Corten;
use rustix::process::Signal;

use crate::setup;

use super::Daemon;

/// Processes that wait to be told what they are, and cables on the bridge.
fn kept(corten: &Corten) -> (usize, usize) {
    let layout = Layout::detect().expect("the control groups");
    let home = layout.home(&corten.root().cgroup()).expect("a cgroup of its own");
    let monitors = layout.open(&format!("{home}/monitors")).and_then(|cgroup| cgroup.pids());
    let monitors = monitors.expect("the cgroup of monitors");
    let waits = |pid: &&u32| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "corten-recruit\n")
    };
    (monitors.iter().filter(waits).count(), cables(corten).len())
}

/// The interfaces of the host that lead from the bridge to somebody.
fn cables(corten: &Corten) -> Vec<String> {
    let found = fs::read_dir(format!("/sys/class/net/{}/brif", corten.root().bridge())).into_iter().flatten();
    found.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
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
    let run = ["--host", &host, "run", "--detach", "--name", "box", "busybox", "sleep", "1000"];
    corten.run(&run).success();
    await_kept(&corten, (2, 2));
    corten.run(&["system", "settle"]).success();
    assert_eq!(kept(&corten), (2, 2));
}

#[test]
fn a_cable_goes_with_the_bridge() {
    let Some(corten) = setup::busybox() else { return };
    let daemon = Daemon::start(&corten, &[]);
    let host = format!("unix://{}", daemon.socket.display());
    let run = || corten.run(&["--host", &host, "run", "--rm", "busybox", "true"]).success();
    run();
    await_kept(&corten, (2, 1));
    let spare = Path::new("/sys/class/net").join(&cables(&corten)[0]);
    assert!(spare.exists());
    corten.run(&["--host", &host, "system", "settle"]).success();
    let deadline = Instant::now() + Duration::from_secs(10);
    while spare.exists() {
        assert!(Instant::now() < deadline, "{} stays", spare.display());
        std::thread::sleep(Duration::from_millis(20));
    }
    run();
    await_kept(&corten, (2, 1));
}
