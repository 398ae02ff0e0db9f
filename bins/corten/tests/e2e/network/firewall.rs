//! What the engine does about others who change the firewall.

use std::thread;
use std::time::Duration;

use corten_netlink::nft::{Change, NftSocket, Table};
use corten_testkit::Corten;

use super::server;
use crate::setup;

fn table(corten: &Corten) -> Table {
    Table::inet(&corten.root().cgroup())
}

/// As `nft flush ruleset` does, but to this root's table only: others are at work here.
fn flush(corten: &Corten) {
    let mut socket = NftSocket::open().expect("a socket");
    socket.commit(&table(corten), &[Change::DeleteTable]).expect("the table goes");
}

/// Whether the table comes to be there, or to be gone, within ten seconds.
fn becomes(corten: &Corten, is_there: bool) -> bool {
    let mut socket = NftSocket::open().expect("a socket");
    (0..1000).any(|_| {
        thread::sleep(Duration::from_millis(10));
        socket.has_table(&table(corten)).expect("an answer") == is_there
    })
}

/// How many elements a map of the table has.
pub(super) fn published(corten: &Corten) -> usize {
    use corten_netlink::nft::{FieldType, Set};
    let key = [FieldType::Ipv4, FieldType::Protocol, FieldType::Port];
    let map = Set::map("ports4", &key, &[FieldType::Ipv4, FieldType::Port]);
    let mut socket = NftSocket::open().expect("a socket");
    socket.elements(&table(corten), &map).expect("the map").len()
}

#[test]
fn a_table_that_was_flushed_is_made_again_while_nobody_looks() {
    let Some(corten) = setup::busybox() else { return };
    server(&corten, "web", &["--publish", "127.0.0.1::80", "--publish", "127.0.0.1::81"], "sleep 1000");
    for _ in 0..3 {
        flush(&corten);
        assert!(becomes(&corten, true), "nobody has made the table again");
        assert_eq!(published(&corten), 2);
    }
}

#[test]
fn a_table_that_was_flushed_without_its_guard_is_made_again_by_the_next_start() {
    let Some(corten) = setup::busybox() else { return };
    server(&corten, "web", &["--publish", "127.0.0.1::80"], "sleep 1000");
    let guards = guards(&corten);
    assert_eq!(guards.len(), 1, "{guards:?}");
    for guard in guards {
        rustix::process::kill_process(guard, rustix::process::Signal::KILL).unwrap();
    }
    flush(&corten);
    corten.run(&["run", "--rm", "busybox", "true"]).success();
    assert_eq!(published(&corten), 1);
}

#[test]
fn nothing_stays_of_the_table_once_nobody_needs_it() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--rm", "busybox", "true"]).success();
    corten.run(&["system", "settle"]).success();
    assert!(becomes(&corten, false));
    assert_eq!(guards(&corten), []);
}

/// The guards of this root: processes of that name that run its small binary.
pub(crate) fn guards(corten: &Corten) -> Vec<rustix::process::Pid> {
    let root = corten.root().state();
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let guards = numbers.filter(|pid| {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
        read("comm").trim_end() == "corten-guard" && read("cmdline").contains(&root.display().to_string())
    });
    guards.filter_map(rustix::process::Pid::from_raw).collect()
}
