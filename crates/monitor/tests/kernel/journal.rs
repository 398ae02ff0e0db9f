//! Output in a journal that stands in for the system's.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use corten_journal::Record;
use corten_monitor::protocol::{Journald, LogPlan, Reply, Request};
use corten_sys::packet;

use crate::stage::{LINE, Stage, deadline, poured};

struct Journal(UnixDatagram);

impl Journal {
    /// A container that will run the testbed with these words, and where its output goes.
    fn stage(words: &[&str], bound: Option<u64>, more: &str) -> (Stage, Journal) {
        let mut stage = Stage::new(words);
        let socket = stage.path("journal.sock");
        let journal = Journal(UnixDatagram::bind(&socket).unwrap());
        journal.0.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let fields = BTreeMap::from([("CONTAINER_NAME".to_owned(), format!("box{more}"))]);
        stage.start.log = LogPlan::Journald(Journald { socket, fields, epoch: "e".to_owned(), bound });
        (stage, journal)
    }

    /// The next entry.
    fn entry(&self) -> Vec<u8> {
        let mut buffer = vec![0; 1 << 18];
        let packet = packet::receive(&self.0, &mut buffer).unwrap();
        if let Some(memory) = packet.descriptors.into_iter().next() {
            assert_eq!(packet.length, 0);
            let mut entry = Vec::new();
            let mut file = File::from(memory);
            file.rewind().unwrap();
            file.read_to_end(&mut entry).unwrap();
            return entry;
        }
        buffer[..packet.length].to_vec()
    }

    fn message(&self) -> Vec<u8> {
        let entry = self.entry();
        let message = entry.strip_prefix(b"MESSAGE=").unwrap();
        let end = message.iter().position(|&byte| byte == b'\n').unwrap();
        message[..=end].to_vec()
    }
}

#[test]
fn a_line_is_an_entry_also_one_that_no_datagram_holds() {
    for more in ["", &"x".repeat(300_000)] {
        let (stage, journal) = Journal::stage(&["pour", "3"], None, more);
        let (mut connection, _) = stage.started(Vec::new());
        let mut all = Vec::new();
        for _ in 0..3 {
            let entry = journal.entry();
            let field = format!("\nCONTAINER_NAME=box{more}\n");
            assert!(entry.windows(field.len()).any(|window| window == field.as_bytes()));
            let end = entry.iter().position(|&byte| byte == b'\n').unwrap();
            all.extend_from_slice(&entry[b"MESSAGE=".len()..=end]);
        }
        assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
        assert!(all == poured(3));
        assert!(!stage.journal().iter().any(|record| matches!(record, Record::LogIncomplete { .. })));
    }
}

#[test]
fn a_slow_journal_holds_the_container_back_and_gets_every_line_across_a_re_execution() {
    const LINES: u64 = 5000;
    let (stage, journal) = Journal::stage(&["pour", &LINES.to_string()], None, "");
    let (mut connection, _) = stage.started(Vec::new());
    let program = File::open(stage.program()).unwrap();
    let done = stage.connect().request(Request::Reexecute, &[program.as_fd()], deadline()).unwrap();
    assert_eq!(done, Reply::Done, "it has not ended: nobody takes its output");
    let mut all = Vec::new();
    while all.len() < LINES as usize * LINE {
        all.extend(journal.message());
    }
    assert!(all == poured(LINES));
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
}

#[test]
fn a_container_that_does_not_wait_for_its_journal_loses_what_is_counted() {
    const LINES: u64 = 5000;
    let (stage, journal) = Journal::stage(&["pour", &LINES.to_string()], Some(10_000), "");
    let (mut connection, _) = stage.started(Vec::new());
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    let journaled = stage.journal();
    let (entries, bytes) = journaled
        .iter()
        .find_map(|record| match record {
            Record::LogIncomplete { entries, bytes, .. } => Some((*entries, *bytes)),
            _ => None,
        })
        .expect("something was lost");
    assert_eq!(bytes, entries * LINE as u64);
    let mut got = Vec::new();
    for _ in 0..LINES - entries {
        got.extend(journal.message());
    }
    assert!(poured(LINES).starts_with(&got), "what is kept is the first of it");
}

#[test]
fn without_a_journal_everything_is_lost_and_told() {
    let (stage, journal) = Journal::stage(&["pour", "10"], None, "");
    drop(journal);
    let (mut connection, _) = stage.started(Vec::new());
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    let journal = stage.journal();
    assert!(
        journal.iter().any(|record| matches!(
            record,
            Record::LogIncomplete { entries: 10, reason, .. } if reason.contains("onnection refused")
        )),
        "{journal:?}"
    );
}
