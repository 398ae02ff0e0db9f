//! Logs whose older files are compressed.

#![allow(clippy::unwrap_used, reason = "clippy.toml's exemption for tests does not reach files under tests/")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use corten_logs::{LogReader, LogWriter, Query, Rotation, Stream, discard, pack_next, publish};
use corten_spec::time::Timestamp;

const ROTATION: Rotation = Rotation { max_size: Some(700), max_files: 30 };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds, 0).unwrap()
}

fn write(path: &Path, numbers: std::ops::RangeInclusive<i64>, rotation: Rotation) {
    let mut writer = LogWriter::create(path, rotation);
    for number in numbers {
        writer.write(Stream::Stdout, format!("{number}\n").as_bytes(), at(number)).unwrap();
    }
}

fn read(path: &Path, query: Query) -> Vec<i64> {
    let mut reader = LogReader::open(path, query).unwrap();
    let mut numbers = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        numbers.push(str::from_utf8(entry.bytes).unwrap().trim().parse().unwrap());
    }
    numbers
}

fn pack_all(path: &Path) -> usize {
    let mut count = 0;
    while let Some(packed) = pack_next(path, &mut || true).unwrap() {
        assert!(publish(path, packed).unwrap());
        count += 1;
    }
    count
}

fn names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn log() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    (directory, path)
}

#[test]
fn a_compressed_log_reads_as_before_whole_from_its_end_and_from_a_moment() {
    let (_directory, path) = log();
    write(&path, 1..=60, ROTATION);
    let count = pack_all(&path);
    assert!(count >= 4, "{:?}", names(&path));
    assert!(names(&path)[1..].iter().all(|name| name.ends_with(".gz")), "{:?}", names(&path));
    let all: Vec<i64> = (1..=60).collect();
    assert_eq!(read(&path, Query::default()), all);
    for number in 0..=62 {
        let wanted = usize::try_from(number).unwrap();
        let tail = Query { tail: Some(wanted as u64), ..Query::default() };
        assert_eq!(read(&path, tail), all[60 - wanted.min(60)..], "the last {number}");
        let since = Query { since: Some(at(number)), ..Query::default() };
        assert_eq!(read(&path, since), all[(wanted.max(1) - 1).min(60)..], "since {number}");
    }
}

#[test]
fn what_is_too_old_is_not_unpacked() {
    let (_directory, path) = log();
    write(&path, 1..=60, ROTATION);
    let count = pack_all(&path);
    // Damaged behind the header, which tells its last moment.
    let oldest = path.with_file_name(format!("log.{count}.gz"));
    let length = fs::metadata(&oldest).unwrap().len();
    fs::File::options().write(true).open(&oldest).unwrap().set_len(length - 20).unwrap();
    assert_eq!(read(&path, Query { since: Some(at(40)), ..Query::default() }).len(), 21);
    let mut reader = LogReader::open(&path, Query::default()).unwrap();
    assert!((0..60).any(|_| reader.next().is_err()));
}

#[test]
fn compressed_files_rotate_and_the_oldest_goes() {
    let (_directory, path) = log();
    let rotation = Rotation { max_files: 3, ..ROTATION };
    write(&path, 1..=60, rotation);
    assert_eq!(pack_all(&path), 2);
    assert_eq!(names(&path), ["log", "log.1.gz", "log.2.gz"]);
    write(&path, 61..=72, rotation);
    assert_eq!(names(&path), ["log", "log.1", "log.2.gz"]);
    write(&path, 73..=200, rotation);
    assert_eq!(names(&path), ["log", "log.1", "log.2"]);
    let numbers = read(&path, Query::default());
    assert!(numbers.len() > 20 && numbers.is_sorted_by(|one, next| next - one == 1));
    assert_eq!(numbers.last(), Some(&200));
}

#[test]
fn what_is_gone_before_it_has_its_name_is_let_go() {
    let (_directory, path) = log();
    let rotation = Rotation { max_files: 2, ..ROTATION };
    write(&path, 1..=15, rotation);
    let packed = pack_next(&path, &mut || true).unwrap().unwrap();
    assert!(path.with_file_name("log.packing").exists());
    write(&path, 16..=60, rotation);
    assert!(!publish(&path, packed).unwrap());
    assert_eq!(names(&path), ["log", "log.1"]);
}

#[test]
fn who_is_told_to_stop_leaves_the_log_as_it_was() {
    let (_directory, path) = log();
    write(&path, 1..=15, ROTATION);
    let before = names(&path);
    assert_eq!(pack_next(&path, &mut || false).unwrap(), None);
    fs::write(path.with_file_name("log.packing"), b"half").unwrap();
    discard(&path).unwrap();
    discard(&path).unwrap();
    assert_eq!(names(&path), before);
    assert_eq!(read(&path, Query::default()).len(), 15);
}

#[test]
fn a_follower_goes_on_while_files_are_compressed_and_rotated() {
    let (_directory, path) = log();
    let mut reader = LogReader::open(&path, Query { follow: true, ..Query::default() }).unwrap();
    let mut numbers = Vec::new();
    for round in 0..20 {
        write(&path, round * 30 + 1..=round * 30 + 30, Rotation { max_files: 1000, ..ROTATION });
        if round % 3 == 0 {
            pack_all(&path);
        }
        if round % 2 == 0 {
            continue;
        }
        while let Some(entry) = reader.next().unwrap() {
            numbers.push(str::from_utf8(entry.bytes).unwrap().trim().parse::<i64>().unwrap());
        }
    }
    assert_eq!(numbers, (1..=600).collect::<Vec<_>>());
}

#[test]
fn the_file_is_gzip_that_tells_its_last_moment_as_docker_does() {
    let (_directory, path) = log();
    write(&path, 1..=15, ROTATION);
    let plain = fs::read(path.with_file_name("log.1")).unwrap();
    pack_all(&path);
    let file = fs::File::open(path.with_file_name("log.1.gz")).unwrap();
    let mut decoder = flate2::read::GzDecoder::new(file);
    let extra = String::from_utf8(decoder.header().unwrap().extra().unwrap().to_vec()).unwrap();
    assert!(extra.starts_with(r#"{"lastTime":"1970-01-01T00:00:"#), "{extra}");
    let mut content = Vec::new();
    decoder.read_to_end(&mut content).unwrap();
    assert_eq!(content, plain);
}
