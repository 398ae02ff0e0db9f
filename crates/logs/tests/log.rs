//! Logs written and read through real files: parts of lines, rotation, following, tails, torn lines.

#![allow(clippy::unwrap_used, reason = "clippy.toml's exemption for tests does not reach files under tests/")]

mod entries;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use corten_logs::{LogReader, LogWriter, Query, Rotation, Stream, Streams};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use entries::{ENDLESS, at, read, rest};

struct Log {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

fn log() -> Log {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("id-json.log");
    Log { _directory: directory, path }
}

fn wait(descriptor: BorrowedFd<'_>) {
    let deadline = Timespec { tv_sec: 30, tv_nsec: 0 };
    let ready = poll(&mut [PollFd::from_borrowed_fd(descriptor, PollFlags::IN)], Some(&deadline)).unwrap();
    assert_eq!(ready, 1, "nothing woke the follower");
}

/// A log of lines `1` to `count`, one a second, odd ones on stdout, even ones on stderr.
fn numbered(path: &Path, count: i64, rotation: Rotation) {
    let mut writer = LogWriter::create(path, rotation);
    for number in 1..=count {
        let stream = if number % 2 == 1 { Stream::Stdout } else { Stream::Stderr };
        writer.write(stream, format!("{number}\n").as_bytes(), at(number)).unwrap();
    }
}

#[test]
fn a_container_that_wrote_nothing_has_no_file_and_an_empty_log() {
    let log = log();
    let mut writer = LogWriter::create(&log.path, ENDLESS);
    writer.write(Stream::Stdout, b"", at(1)).unwrap();
    writer.flush_partial().unwrap();
    assert!(!log.path.exists());
    assert!(read(&log.path, Query::default()).is_empty());
}

#[test]
fn lines_are_put_together_from_chunks_for_each_stream_by_itself() {
    let log = log();
    let mut writer = LogWriter::create(&log.path, ENDLESS);
    writer.write(Stream::Stdout, b"one\ntw", at(1)).unwrap();
    writer.write(Stream::Stderr, b"mid\xc3", at(2)).unwrap();
    writer.write(Stream::Stdout, b"o\n\nlast", at(3)).unwrap();
    writer.write(Stream::Stderr, b"\xa9\n", at(4)).unwrap();
    assert_eq!(read(&log.path, Query::default()), ["o:one\n", "o:two\n", "o:\n", "e:midé\n"]);
    writer.flush_partial().unwrap();
    let text = fs::read_to_string(&log.path).unwrap();
    assert!(
        text.ends_with("{\"log\":\"last\",\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:03Z\"}\n"),
        "{text}"
    );
}

#[test]
fn a_long_line_is_logged_in_parts_of_16_kib_that_carry_the_time_of_the_first() {
    const PART: usize = 16 * 1024;
    for length in [PART - 1, PART, PART + 1, 2 * PART, 3 * PART + 7] {
        for chunk in [1000, PART, usize::MAX] {
            let log = log();
            let mut writer = LogWriter::create(&log.path, ENDLESS);
            let mut line = vec![b'x'; length];
            line.push(b'\n');
            for (index, chunk) in line.chunks(chunk.min(line.len())).enumerate() {
                writer.write(Stream::Stdout, chunk, at(1 + index as i64)).unwrap();
            }
            writer.write(Stream::Stdout, b"next\n", at(1000)).unwrap();
            let mut reader = LogReader::open(&log.path, Query::default()).unwrap();
            let mut parts = Vec::new();
            let mut times = BTreeSet::new();
            while let Some(entry) = reader.next().unwrap() {
                if entry.bytes != b"next\n" {
                    parts.push(entry.bytes.len());
                    times.insert(entry.at);
                } else {
                    assert_eq!(entry.at, at(1000));
                }
            }
            let mut expected = vec![PART; length / PART];
            expected.push(length % PART + 1);
            assert_eq!(parts, expected, "{length} bytes in chunks of {chunk}");
            assert_eq!(times.len(), 1);
        }
    }
}

#[test]
fn a_torn_line_is_set_apart_and_skipped() {
    let log = log();
    fs::write(
        &log.path,
        "{\"log\":\"whole\\n\",\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:01Z\"}\n{\"log\":\"to",
    )
    .unwrap();
    let mut reader = LogReader::open(&log.path, Query::default()).unwrap();
    assert_eq!(rest(&mut reader), ["o:whole\n"]);
    let mut writer = LogWriter::create(&log.path, ENDLESS);
    writer.write(Stream::Stdout, b"after\n", at(2)).unwrap();
    let mut reader = LogReader::open(&log.path, Query::default()).unwrap();
    assert_eq!(rest(&mut reader), ["o:whole\n", "o:after\n"]);
    assert_eq!(reader.skipped(), 1);
}

#[test]
fn rotation_keeps_so_many_files_under_dockers_names_and_readers_join_them() {
    let log = log();
    // An entry of these takes about 70 bytes.
    numbered(&log.path, 100, Rotation { max_size: Some(700), max_files: 3 });
    let mut names: Vec<_> = fs::read_dir(log.path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["id-json.log", "id-json.log.1", "id-json.log.2"]);
    for name in &names[1..] {
        let size = fs::metadata(log.path.with_file_name(name)).unwrap().len();
        assert!((700..800).contains(&size), "{name} has {size} bytes");
    }
    let entries = read(&log.path, Query::default());
    let first: usize = entries[0][2..].trim().parse().unwrap();
    let expected: Vec<_> = (first..=100)
        .map(|number| format!("{}:{number}\n", if number % 2 == 1 { 'o' } else { 'e' }))
        .collect();
    assert_eq!(entries, expected);
    assert!(entries.len() > 20);
}

#[test]
fn one_file_at_most_begins_anew() {
    let log = log();
    numbered(&log.path, 100, Rotation { max_size: Some(700), max_files: 1 });
    assert_eq!(fs::read_dir(log.path.parent().unwrap()).unwrap().count(), 1);
    assert_eq!(read(&log.path, Query::default()).last().unwrap(), "e:100\n");
}

#[test]
fn since_until_and_streams_select_entries() {
    let log = log();
    numbered(&log.path, 10, ENDLESS);
    let query = Query { since: Some(at(4)), until: Some(at(6)), ..Query::default() };
    let mut reader = LogReader::open(&log.path, query).unwrap();
    assert_eq!(rest(&mut reader), ["e:4\n", "o:5\n", "e:6\n"]);
    assert!(reader.is_finished());
    let query = Query { since: Some(at(7)), streams: Streams::Only(Stream::Stdout), ..Query::default() };
    assert_eq!(read(&log.path, query), ["o:7\n", "o:9\n"]);
}

#[test]
fn a_tail_of_any_length_is_the_end_of_the_whole_log_also_across_files() {
    for rotation in [ENDLESS, Rotation { max_size: Some(700), max_files: 30 }] {
        let log = log();
        numbered(&log.path, 60, rotation);
        let all = read(&log.path, Query::default());
        assert_eq!(all.len(), 60);
        for wanted in 0..=62 {
            let tail = read(&log.path, Query { tail: Some(wanted), ..Query::default() });
            assert_eq!(tail, all[all.len() - all.len().min(wanted as usize)..], "the last {wanted}");
        }
    }
}

#[test]
fn a_tail_reaches_back_over_many_blocks_and_past_a_torn_end() {
    let log = log();
    let mut writer = LogWriter::create(&log.path, ENDLESS);
    for number in 0..3000 {
        writer.write(Stream::Stdout, format!("{number:0100}\n").as_bytes(), at(number)).unwrap();
    }
    fs::File::options().append(true).open(&log.path).unwrap().write_all(b"{\"log\":\"torn").unwrap();
    let tail = read(&log.path, Query { tail: Some(2500), ..Query::default() });
    assert_eq!(tail.len(), 2500);
    assert_eq!(tail[0], format!("o:{:0100}\n", 500));
}

#[test]
fn a_log_that_somebody_removes_is_begun_anew_and_its_follower_goes_on_there() {
    let log = log();
    let mut writer = LogWriter::create(&log.path, Rotation { max_size: Some(1), max_files: 3 });
    for number in 1..=3 {
        writer.write(Stream::Stdout, format!("{number}\n").as_bytes(), at(number)).unwrap();
    }
    // Else they may all be of the same tick of the kernel's clock.
    for (second, end) in [(1, "log.2"), (2, "log.1"), (3, "log")] {
        let written = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
        let file = fs::File::options().append(true).open(log.path.with_extension(end)).unwrap();
        file.set_modified(written).unwrap();
    }
    let mut reader = LogReader::open(&log.path, Query { follow: true, ..Query::default() }).unwrap();
    assert_eq!(rest(&mut reader), ["o:1\n", "o:2\n", "o:3\n"]);
    fs::remove_file(&log.path).unwrap();
    assert!(rest(&mut reader).is_empty());
    writer.write(Stream::Stdout, b"4\n", at(4)).unwrap();
    wait(reader.as_fd().unwrap());
    assert_eq!(rest(&mut reader), ["o:4\n"]);
    assert_eq!(read(&log.path, Query::default()), ["o:1\n", "o:2\n", "o:4\n"]);
}

#[test]
fn a_follower_is_woken_by_the_first_byte_and_loses_nothing_over_rotations() {
    const COUNT: i64 = 5000;
    let log = log();
    let mut reader = LogReader::open(&log.path, Query { follow: true, ..Query::default() }).unwrap();
    assert!(rest(&mut reader).is_empty());
    let path = log.path.clone();
    let writer = std::thread::spawn(move || {
        // So many files that none goes before it is read, so small that the follower meets rotations in every state.
        numbered(&path, COUNT, Rotation { max_size: Some(2000), max_files: 1000 });
    });
    let mut entries = Vec::new();
    while entries.len() < COUNT as usize {
        entries.append(&mut rest(&mut reader));
        if entries.len() < COUNT as usize {
            wait(reader.as_fd().unwrap());
        }
    }
    writer.join().unwrap();
    let numbers: Vec<i64> = entries.iter().map(|entry| entry[2..].trim().parse().unwrap()).collect();
    assert_eq!(numbers, (1..=COUNT).collect::<Vec<_>>());
    assert_eq!(reader.skipped(), 0);
}

#[test]
fn a_follower_begins_with_the_tail_and_ends_at_until() {
    let log = log();
    numbered(&log.path, 5, ENDLESS);
    let query = Query { tail: Some(2), until: Some(at(7)), follow: true, ..Query::default() };
    let mut reader = LogReader::open(&log.path, query).unwrap();
    assert_eq!(rest(&mut reader), ["e:4\n", "o:5\n"]);
    assert!(!reader.is_finished());
    let mut writer = LogWriter::create(&log.path, ENDLESS);
    writer.write(Stream::Stdout, b"six\nhalf", at(6)).unwrap();
    wait(reader.as_fd().unwrap());
    assert_eq!(rest(&mut reader), ["o:six\n"]);
    writer.write(Stream::Stdout, b" seven\n", at(7)).unwrap();
    writer.write(Stream::Stdout, b"eight\n", at(8)).unwrap();
    wait(reader.as_fd().unwrap());
    assert_eq!(rest(&mut reader), ["o:half seven\n"]);
    assert!(reader.is_finished());
}

#[test]
fn who_does_not_follow_gets_what_was_there_at_the_beginning() {
    let log = log();
    numbered(&log.path, 3, ENDLESS);
    let mut reader = LogReader::open(&log.path, Query::default()).unwrap();
    assert!(reader.as_fd().is_none());
    numbered(&log.path, 3, ENDLESS);
    assert_eq!(rest(&mut reader).len(), 3);
}

#[test]
fn a_log_that_was_emptied_in_place_is_read_from_its_start() {
    let log = log();
    numbered(&log.path, 5, ENDLESS);
    let mut reader = LogReader::open(&log.path, Query { follow: true, ..Query::default() }).unwrap();
    assert_eq!(rest(&mut reader).len(), 5);
    fs::File::options().write(true).open(&log.path).unwrap().set_len(0).unwrap();
    numbered(&log.path, 2, ENDLESS);
    assert_eq!(rest(&mut reader), ["o:1\n", "e:2\n"]);
}

#[test]
fn a_line_that_another_writer_goes_on_with_is_one_line() {
    let log = log();
    let mut first = LogWriter::create(&log.path, ENDLESS);
    first.write(Stream::Stdout, b"one\ntw", at(1)).unwrap();
    first.write(Stream::Stderr, &[b'x'; 16 * 1024 + 1], at(2)).unwrap();
    let mut second =
        LogWriter::create(&log.path, ENDLESS).continuing(first.unfinished().clone(), first.dropped());
    second.write(Stream::Stdout, b"o\n", at(3)).unwrap();
    second.write(Stream::Stderr, b"y\n", at(4)).unwrap();
    let mut reader = LogReader::open(&log.path, Query::default()).unwrap();
    let mut entries = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        entries.push((entry.bytes.len(), entry.at));
    }
    assert_eq!(entries, [(4, at(1)), (16 * 1024, at(2)), (4, at(3)), (3, at(2))]);
}

#[test]
fn a_moment_is_found_without_reading_what_is_older() {
    for rotation in [ENDLESS, Rotation { max_size: Some(3_000_000), max_files: 30 }] {
        let log = log();
        let mut writer = LogWriter::create(&log.path, rotation);
        // 12 MB.
        let line = "x".repeat(900);
        for second in 1..=12_000 {
            writer.write(Stream::Stdout, format!("{second} {line}\n").as_bytes(), at(second)).unwrap();
        }
        for wanted in [0, 1, 2, 2_999, 3_000, 6_001, 11_999, 12_000, 12_001] {
            let query = Query { since: Some(at(wanted)), ..Query::default() };
            let mut reader = LogReader::open(&log.path, query).unwrap();
            let mut count = 0;
            let mut first = None;
            while let Some(entry) = reader.next().unwrap() {
                first = first.or(Some(entry.at));
                count += 1;
            }
            let expected = if wanted > 12_000 { None } else { Some(at(wanted.max(1))) };
            assert_eq!((first, count), (expected, 12_001 - wanted.max(1)), "since {wanted}");
        }
        // Lines before the moment may be damaged: nobody looks at them.
        let oldest = fs::read_dir(log.path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
        let oldest = oldest.max().unwrap();
        let file = fs::File::options().write(true).open(oldest).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, &[b'#'; 100_000], 0).unwrap();
        let mut reader =
            LogReader::open(&log.path, Query { since: Some(at(11_000)), ..Query::default() }).unwrap();
        assert_eq!(rest(&mut reader).len(), 1001);
        assert_eq!(reader.skipped(), 0);
    }
}

#[test]
fn a_tail_and_a_moment_both_bound_what_is_read() {
    let log = log();
    numbered(&log.path, 60, Rotation { max_size: Some(700), max_files: 30 });
    let query = |tail, since| Query { tail: Some(tail), since: Some(at(since)), ..Query::default() };
    assert_eq!(read(&log.path, query(5, 10)).len(), 5);
    assert_eq!(read(&log.path, query(30, 51)).len(), 10);
    assert!(read(&log.path, query(30, 61)).is_empty());
}
