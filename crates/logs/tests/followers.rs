//! A follower whose user has no inotify instance left follows all the same.

#![allow(clippy::unwrap_used, reason = "clippy.toml's exemption for tests does not reach files under tests/")]

mod entries;

use std::fs::{self, Permissions};
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use corten_logs::{LogReader, LogWriter, Query, Rotation, Stream};
use rustix::fs::inotify::{self, CreateFlags};
use rustix::io::Errno;
use rustix::process::{Uid, getegid, geteuid};
use rustix::thread::set_thread_res_uid;

use entries::{ENDLESS, at, read, rest};

/// A user whom no other test is.
const USER: u32 = 1_234_567;

#[test]
fn who_gets_no_inotify_instance_misses_no_write_rotation_and_truncation() {
    if !geteuid().is_root() {
        println!("skipped: only root can be somebody else ({}:{})", geteuid().as_raw(), getegid().as_raw());
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o777)).unwrap();
    // This thread's alone, and for good: what it takes up is that user's.
    let user = Uid::from_raw(USER);
    set_thread_res_uid(user, user, user).unwrap();
    let mut taken = Vec::new();
    let refused = loop {
        match inotify::init(CreateFlags::CLOEXEC) {
            Ok(instance) => taken.push(instance),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, Errno::MFILE);

    for rotation in [ENDLESS, Rotation { max_size: Some(300), max_files: 100 }] {
        follow(&directory.path().join(format!("{}-json.log", rotation.max_files)), rotation);
    }
}

fn follow(path: &Path, rotation: Rotation) {
    let mut reader = LogReader::open(path, Query { follow: true, ..Query::default() }).unwrap();
    assert!(reader.follows() && reader.as_fd().is_none());
    let mut writer = LogWriter::create(path, rotation);
    let mut write = |numbers: RangeInclusive<i64>| {
        for number in numbers {
            writer.write(Stream::Stdout, format!("{number}\n").as_bytes(), at(number)).unwrap();
        }
    };
    assert!(rest(&mut reader).is_empty());
    for first in [1, 2, 20] {
        let last = first * 10 - 1;
        write(first..=last);
        assert_eq!(numbers(&rest(&mut reader)), (first..=last).collect::<Vec<_>>());
        assert!(rest(&mut reader).is_empty());
    }
    fs::write(path, "").unwrap();
    write(500..=500);
    assert_eq!(numbers(&rest(&mut reader)), [500]);
    assert_eq!(numbers(&read(path, Query { tail: Some(1), ..Query::default() })), [500]);
}

fn numbers(entries: &[String]) -> Vec<i64> {
    entries.iter().map(|entry| entry[2..].trim().parse().unwrap()).collect()
}
