//! Journals as their writers and readers meet them: torn, damaged, full disks.

#![allow(clippy::unwrap_used, reason = "clippy.toml's exemption for tests does not reach files under tests/")]

use std::fs;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use corten_journal::{JournalError, JournalReader, JournalWriter, Record};
use corten_spec::time::Timestamp;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds, 0).unwrap()
}

fn started() -> Record {
    Record::Started { pid: 42, start_time: 1234, boot_id: "3e1f".to_owned(), at: at(1), revived: false }
}

fn exited(exit_code: i32) -> Record {
    Record::Exited { exit_code, signal: None, oom_killed: false, at: at(2) }
}

fn failed(message: String) -> Record {
    Record::StartFailed { exit_code: 127, message, at: at(3), revived: true, may_pass: true }
}

fn write(path: &Path, records: &[Record]) {
    let mut writer = JournalWriter::open(path).unwrap();
    for record in records {
        writer.append(record).unwrap();
    }
}

fn append(path: &Path, bytes: &[u8]) {
    fs::File::options().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

fn journal() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    (directory, path)
}

#[test]
fn records_come_back_from_where_the_last_reading_ended() {
    let (_directory, path) = journal();
    assert_eq!(JournalReader::read_from(&path, 0).unwrap(), (vec![], 0));
    let every = [
        started(),
        failed("line one\nline two".to_owned()),
        exited(0),
        Record::OutOfMemory { at: at(4) },
        Record::Paused { at: at(5) },
        Record::Unpaused { at: at(6) },
    ];
    write(&path, &every[..2]);
    let (first, offset) = JournalReader::read_from(&path, 0).unwrap();
    write(&path, &every[2..]);
    let (second, end) = JournalReader::read_from(&path, offset).unwrap();
    assert_eq!([first, second].concat(), every);
    assert_eq!(end, fs::metadata(&path).unwrap().len());
    assert_eq!(JournalReader::read_from(&path, end).unwrap(), (vec![], end));
}

#[test]
fn the_form_on_disk_is_a_line_that_a_person_can_read() {
    let (_directory, path) = journal();
    write(&path, &[exited(137)]);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "5e7ae955 {\"exited\":{\"exit_code\":137,\"signal\":null,\"oom_killed\":false,\"at\":\"1970-01-01T00:00:02Z\"}}\n"
    );
}

#[test]
fn a_record_cut_short_anywhere_is_left_alone_and_cut_off_by_the_next_writer() {
    let (_directory, path) = journal();
    write(&path, &[started(), exited(1)]);
    let whole = fs::read(&path).unwrap();
    let first = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for length in first..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(JournalReader::read_from(&path, 0).unwrap(), (vec![started()], first as u64));
        write(&path, &[exited(2)]);
        assert_eq!(JournalReader::read_from(&path, 0).unwrap().0, [started(), exited(2)], "cut to {length}");
    }
}

#[test]
fn a_journal_that_was_cut_within_its_only_record_begins_anew() {
    let (_directory, path) = journal();
    fs::write(&path, "0123").unwrap();
    assert_eq!(JournalReader::read_from(&path, 0).unwrap(), (vec![], 0));
    write(&path, &[started()]);
    assert_eq!(JournalReader::read_from(&path, 0).unwrap().0, [started()]);
}

#[test]
fn a_long_last_record_is_found_whole() {
    let (_directory, path) = journal();
    let records = [failed("x".repeat(60_000)), failed("y".repeat(65_000))];
    write(&path, &records);
    write(&path, &[exited(0)]);
    append(&path, &vec![b'z'; 65_000]);
    write(&path, &[exited(1)]);
    assert_eq!(
        JournalReader::read_from(&path, 0).unwrap().0,
        [&records[..], &[exited(0), exited(1)]].concat()
    );
}

#[test]
fn damage_in_the_middle_is_an_error_that_names_file_and_offset() {
    let (_directory, path) = journal();
    write(&path, &[started(), exited(1), exited(2)]);
    let mut bytes = fs::read(&path).unwrap();
    let second = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    bytes[second + 20] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = JournalReader::read_from(&path, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` is damaged at byte {second}: the checksum does not match", path.display())
    );
}

#[test]
fn a_record_of_a_kind_that_is_not_known_is_not_skipped() {
    let (_directory, path) = journal();
    // The checksum is right: a newer version wrote this.
    append_checked(&path, r#"{"teleported":{}}"#);
    let error = JournalReader::read_from(&path, 0).unwrap_err();
    assert!(matches!(&error, JournalError::Damaged { offset: 0, .. }), "{error}");
}

fn append_checked(path: &Path, text: &str) {
    let checksum = text.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 },
        )
    });
    fs::write(path, format!("{:08x} {text}\n", !checksum)).unwrap();
}

#[test]
fn a_journal_that_lost_its_tail_is_read_on_from_its_end() {
    let (_directory, path) = journal();
    write(&path, &[started()]);
    let length = fs::metadata(&path).unwrap().len();
    assert_eq!(JournalReader::read_from(&path, length + 100).unwrap(), (vec![], length));
}

#[test]
fn a_journal_that_lost_what_stood_at_its_end_but_not_its_length_is_read_on_from_its_last_record() {
    let (_directory, path) = journal();
    write(&path, &[started()]);
    let kept = fs::metadata(&path).unwrap().len();
    write(&path, &[exited(3)]);
    let read = fs::metadata(&path).unwrap().len();
    fs::File::options().write(true).open(&path).unwrap().set_len(kept).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(read).unwrap();
    assert_eq!(JournalReader::read_from(&path, read).unwrap(), (vec![], kept));
    write(&path, &[started()]);
    assert_eq!(JournalReader::read_from(&path, kept).unwrap().0, [started()]);
}

#[test]
fn a_record_that_is_too_large_is_refused_and_leaves_nothing() {
    let (_directory, path) = journal();
    let mut writer = JournalWriter::open(&path).unwrap();
    let error = writer.append(&failed("x".repeat(70_000))).unwrap_err();
    assert!(matches!(error, JournalError::TooLarge { .. }), "{error}");
    writer.append(&started()).unwrap();
    assert_eq!(JournalReader::read_from(&path, 0).unwrap().0, [started()]);
}

#[test]
fn a_record_that_does_not_fit_on_the_disk_leaves_nothing() {
    let disk = tiny_disk();
    let path = PathBuf::from(format!("/proc/self/fd/{}/journal", disk.as_raw_fd()));
    let mut writer = JournalWriter::open(&path).unwrap();
    writer.append(&started()).unwrap();
    writer.append(&failed("x".repeat(10_000))).unwrap_err();
    writer.append(&exited(0)).unwrap();
    assert_eq!(JournalReader::read_from(&path, 0).unwrap().0, [started(), exited(0)]);
}

/// A file system of two pages that is mounted nowhere and goes with its descriptor.
fn tiny_disk() -> OwnedFd {
    use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags};
    let context = rustix::mount::fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC).unwrap();
    rustix::mount::fsconfig_set_string(&context, "size", "8192").unwrap();
    rustix::mount::fsconfig_create(&context).unwrap();
    rustix::mount::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty()).unwrap()
}
