//! What a container writes and reads.

use std::io::{Read, Write};
use std::net::Shutdown;

use corten_monitor::protocol::{Attach, LogPlan, Reply, Request, Streams};

use crate::stage::{LINE, PATIENT, Stage, deadline, poured, stream, unframe};

/// 64 MiB.
const LINES: u64 = (64 << 20) / LINE as u64;

#[test]
fn sixty_four_mebibytes_reach_the_log_and_a_client_intact() {
    let stage = Stage::new(&["pour", &LINES.to_string()]);
    let (mut client, theirs) = stream();
    let (mut connection, _) = stage.started(vec![(PATIENT, theirs)]);
    let expected = poured(LINES);
    assert!(unframe(&mut client) == expected, "the client got something else");
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    assert!(stage.log() == expected, "the log has something else");
}

/// Sends `mebibytes` through `cat` and checks what comes back.
fn through_cat(mebibytes: usize) {
    let mut stage = Stage::new(&["cat"]);
    stage.start.log = LogPlan::None;
    let (mut client, theirs) = stream();
    let (mut connection, _) = stage.started(vec![(PATIENT, theirs)]);
    let mut sender = client.try_clone().unwrap();
    let sending = std::thread::spawn(move || {
        let mut sum = Checksum::default();
        let mut block = vec![0; 1 << 20];
        for number in 0..mebibytes {
            for (offset, byte) in block.iter_mut().enumerate() {
                *byte = (offset * 7 + number) as u8;
            }
            sum.add(&block);
            sender.write_all(&block).unwrap();
        }
        sender.shutdown(Shutdown::Write).unwrap();
        sum
    });
    let received = unframed_checksum(&mut client);
    assert_eq!(sending.join().unwrap(), received);
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
}

/// Two running sums (Fletcher's), enough to notice a lost, doubled or moved byte.
#[derive(Debug, Default, PartialEq)]
struct Checksum(u64, u64, u64);

impl Checksum {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_add(u64::from(*byte) + 1);
            self.1 = self.1.wrapping_add(self.0);
        }
        self.2 += bytes.len() as u64;
    }
}

fn unframed_checksum(stream: &mut impl Read) -> Checksum {
    let mut sum = Checksum::default();
    let mut header = [0; 8];
    let mut block = Vec::new();
    while stream.read_exact(&mut header).is_ok() {
        block.resize(u32::from_be_bytes([header[4], header[5], header[6], header[7]]) as usize, 0);
        stream.read_exact(&mut block).unwrap();
        sum.add(&block);
    }
    sum
}

#[test]
fn sixty_four_mebibytes_go_through_cat_unchanged() {
    through_cat(64);
}

#[test]
#[ignore = "soak: takes seconds in a release build, a minute in a debug build"]
fn a_gibibyte_goes_through_cat_unchanged() {
    through_cat(1024);
}

#[test]
fn a_stopped_reader_is_cut_after_its_patience_and_the_container_goes_on() {
    let stage = Stage::new(&["pour", "40000"]);
    let (mut stopped, theirs) = stream();
    let impatient = Attach { patience_ms: Some(50), ..PATIENT };
    let (mut connection, _) = stage.started(vec![(impatient, theirs)]);
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    assert!(stage.log() == poured(40_000), "the log has something else");
    let mut got = Vec::new();
    stopped.read_to_end(&mut got).unwrap();
    assert!(got.len() < 40_000 * LINE, "the client was not cut: it has {} bytes", got.len());
}

#[test]
fn a_client_that_reads_late_gets_everything_though_the_container_has_long_ended() {
    let stage = Stage::new(&["pour", "2000"]);
    let (mut late, theirs) = stream();
    let (mut connection, _) = stage.started(vec![(PATIENT, theirs)]);
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    assert!(unframe(&mut late) == poured(2_000));
}

#[test]
fn a_terminal_is_one_stream_without_frames_and_has_its_size() {
    let mut stage = Stage::new(&["sizes"]);
    stage.start.streams = Streams { tty: true, open_stdin: true, stdin_once: true, size: Some((30, 100)) };
    if let Some(process) = &mut stage.start.launch.spec.process {
        process.terminal = true;
    }
    let (mut client, theirs) = stream();
    let (mut connection, _) = stage.started(vec![(PATIENT, theirs)]);
    let mut screen = [0; 16];
    client.write_all(b"\n").unwrap();
    client.read_exact(&mut screen[..10]).unwrap();
    assert_eq!(&screen[..10], b"\r\n30x100\r\n");
    let resize = Request::Resize { exec: None, rows: 5, columns: 6 };
    assert_eq!(stage.connect().request(resize, &[], deadline()).unwrap(), Reply::Done);
    client.write_all(b"\n").unwrap();
    client.read_exact(&mut screen[..7]).unwrap();
    assert_eq!(&screen[..7], b"\r\n5x6\r\n");
    client.write_all(b"\x04").unwrap();
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    assert_eq!(client.read(&mut screen).unwrap(), 0);
    assert_eq!(stage.log(), b"\r\n30x100\r\n\r\n5x6\r\n");
}

#[test]
fn a_client_can_join_later_and_type() {
    let stage = Stage::new(&["cat"]);
    let (mut connection, _) = stage.started(Vec::new());
    let (mut client, theirs) = stream();
    let joined =
        stage.connect().request(Request::Attach(PATIENT), &[std::os::fd::AsFd::as_fd(&theirs)], deadline());
    assert_eq!(joined.unwrap(), Reply::Done);
    drop(theirs);
    client.write_all(b"hello").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(unframe(&mut client), b"hello");
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    assert_eq!(stage.log(), b"hello");
}
