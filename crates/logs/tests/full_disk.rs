//! Logs on disks that are full for a while.

#![allow(clippy::unwrap_used, reason = "clippy.toml's exemption for tests does not reach files under tests/")]

mod entries;

use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use corten_logs::{LogReader, LogWriter, Query, Stream, Streams};

use entries::{ENDLESS, at, read, rest};

#[test]
fn what_a_full_disk_lost_is_counted_and_joins_nothing_that_comes_after_it() {
    let disk = tiny_disk();
    let path = PathBuf::from(format!("/proc/self/fd/{}/id-json.log", disk.as_raw_fd()));
    let filler = path.with_file_name("filler");
    let mut writer = LogWriter::create(&path, ENDLESS);
    writer.write(Stream::Stdout, b"begun", at(1)).unwrap();
    writer.flush_partial().unwrap();
    fs::write(&filler, [0; 4096]).unwrap();
    let lines = b"0123456789abcde\n".repeat(600);
    writer.write(Stream::Stdout, &[b" lost\n", lines.as_slice(), b"half"].concat(), at(2)).unwrap_err();
    let dropped = writer.dropped();
    assert!((500..601).contains(&dropped.entries), "{dropped:?}");
    assert!(dropped.bytes <= 16 * dropped.entries && dropped.bytes > 8000, "{dropped:?}");
    fs::remove_file(&filler).unwrap();
    writer.write(Stream::Stdout, b" a line\n", at(3)).unwrap();
    let entries = read(&path, Query::default());
    assert_eq!(entries.len() as u64, 1 + 601 - dropped.entries + 1);
    assert_eq!(entries.last().unwrap(), "o:half a line\n");
    assert_eq!(writer.dropped(), dropped);
}

#[test]
fn a_line_whose_end_was_lost_is_not_continued_by_the_next_one() {
    let disk = tiny_disk();
    let path = PathBuf::from(format!("/proc/self/fd/{}/id-json.log", disk.as_raw_fd()));
    let filler = path.with_file_name("filler");
    let mut writer = LogWriter::create(&path, ENDLESS);
    // All of one page.
    writer.write(Stream::Stderr, &[b'x'; 4096 - 150], at(1)).unwrap();
    writer.write(Stream::Stdout, b"begun", at(1)).unwrap();
    writer.flush_partial().unwrap();
    fs::write(&filler, [0; 4096]).unwrap();
    writer.write(Stream::Stdout, b" lost\n", at(2)).unwrap_err();
    assert_eq!(writer.dropped().bytes, 6);
    fs::remove_file(&filler).unwrap();
    writer.write(Stream::Stdout, b"next\n", at(3)).unwrap();
    let stdout = Query { streams: Streams::Only(Stream::Stdout), ..Query::default() };
    assert_eq!(read(&path, stdout), ["o:begun", "o:\n", "o:next\n"]);
}

#[test]
fn a_follower_on_a_full_disk_loses_what_the_disk_has_not_and_nothing_else() {
    let disk = tiny_disk();
    let path = PathBuf::from(format!("/proc/self/fd/{}/id-json.log", disk.as_raw_fd()));
    let filler = path.with_file_name("filler");
    let mut reader = LogReader::open(&path, Query { follow: true, ..Query::default() }).unwrap();
    let mut writer = LogWriter::create(&path, ENDLESS);
    fs::write(&filler, [0; 4096]).unwrap();
    writer.write(Stream::Stdout, &b"0123456789abcde\n".repeat(600), at(2)).unwrap_err();
    let before = rest(&mut reader);
    assert_eq!(before.len() as u64 + writer.dropped().entries, 600);
    writer.write(Stream::Stdout, b"lost\n", at(2)).unwrap_err();
    fs::remove_file(&filler).unwrap();
    writer.write(Stream::Stdout, b"after\n", at(3)).unwrap();
    assert_eq!(rest(&mut reader), ["o:after\n"]);
    assert_eq!((reader.skipped(), writer.dropped().entries), (1, 601 - before.len() as u64));
}

#[test]
fn a_patient_writer_keeps_what_a_full_disk_does_not_take_up_to_a_bound() {
    let disk = tiny_disk();
    let path = PathBuf::from(format!("/proc/self/fd/{}/id-json.log", disk.as_raw_fd()));
    let filler = path.with_file_name("filler");
    fs::write(&filler, [0; 8192]).unwrap();
    let mut writer = LogWriter::create(&path, ENDLESS).with_patience(2000);
    for number in 1..=100 {
        writer.write(Stream::Stdout, format!("{number}\n").as_bytes(), at(number)).unwrap_err();
    }
    let lost = writer.dropped().entries;
    assert!((60..80).contains(&lost), "{lost}");
    fs::remove_file(&filler).unwrap();
    writer.write(Stream::Stdout, b"after\n", at(101)).unwrap();
    let entries = read(&path, Query::default());
    let kept = 100 - lost;
    let expected: Vec<String> = (1..=kept).map(|number| format!("o:{number}\n")).collect();
    assert_eq!(entries[..kept as usize], expected);
    assert_eq!(entries[kept as usize..], ["o:after\n"]);
    assert_eq!(writer.dropped().entries, lost);
    // At the end nobody waits any longer.
    fs::write(&filler, [0; 4096]).unwrap();
    let _ = writer.write(Stream::Stdout, &[b"x".as_slice(); 1000].join(b"\n".as_slice()), at(102));
    writer.flush_partial().unwrap_err();
    let kept = read(&path, Query::default()).len() as u64 - kept - 1;
    assert_eq!(writer.dropped().entries, lost + 1000 - kept);
}

/// A file system of two pages that is mounted nowhere and goes with its descriptor.
fn tiny_disk() -> OwnedFd {
    use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags};
    let context = rustix::mount::fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC).unwrap();
    rustix::mount::fsconfig_set_string(&context, "size", "8192").unwrap();
    rustix::mount::fsconfig_create(&context).unwrap();
    rustix::mount::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty()).unwrap()
}
