//! What becomes of output when something is in the way.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use corten_journal::Record;
use corten_logs::{LogReader, Query};
use corten_monitor::protocol::{JsonFile, LogGap, LogPlan, Reply, Request};
use corten_sys::namespaces;
use rustix::thread::ThreadNameSpaceType;

use crate::stage::{PATIENT, Stage, deadline, plain_file, poured, stream};

#[test]
fn a_line_that_a_re_execution_interrupts_stays_one_line() {
    let stage = Stage::new(&["say", "be", "and", "gun\n"]);
    let (mut client, theirs) = stream();
    let (mut connection, _) = stage.started(vec![(PATIENT, theirs)]);
    // What the client has, the monitor has put where the log waits for the end of the line.
    std::io::Read::read_exact(&mut client, &mut [0; 10]).unwrap();
    let program = File::open(stage.program()).unwrap();
    let done = stage.connect().request(Request::Reexecute, &[program.as_fd()], deadline()).unwrap();
    assert_eq!(done, Reply::Done);
    client.write_all(b"\n").unwrap();
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    let mut reader = LogReader::open(&stage.path("container/log"), Query::default()).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().bytes, b"begun\n");
    assert!(reader.next().unwrap().is_none());
    assert!(!stage.journal().iter().any(|record| matches!(record, Record::LogIncomplete { .. })));
}

#[test]
fn a_full_disk_costs_output_that_is_counted_and_not_the_container() {
    let stage = Stage::new(&["pour", "2000"]);
    let path = stage.path("container");
    let disk = TinyDisk::mount(&path);
    let (mut connection, _) = stage.started(Vec::new());
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    let mut reader = LogReader::open(&path.join("log"), Query::default()).unwrap();
    let mut kept = 0;
    while let Some(entry) = reader.next().unwrap() {
        kept += entry.bytes.len();
    }
    let events = stage.events();
    let told: Vec<_> = events.iter().filter(|event| event.action == "log_incomplete").collect();
    assert_eq!(told.len(), 1, "{events:?}");
    let dropped: usize = told[0].attributes["droppedBytes"].parse().unwrap();
    assert_eq!(kept + dropped, poured(2000).len());
    assert!(told[0].attributes["reason"].contains("no space left"), "{:?}", told[0]);
    let place = |action: &str| events.iter().position(|event| event.action == action).unwrap();
    assert!(place("log_incomplete") < place("die"));
    drop(disk);
}

#[test]
fn what_is_lost_so_far_is_told_while_the_container_runs() {
    let stage = Stage::new(&["say", "lost\n", "and", "kept\n"]);
    // No log can be there.
    fs::create_dir(stage.path("container/log")).unwrap();
    let (mut client, theirs) = stream();
    let (mut connection, _) = stage.started(vec![(PATIENT, theirs)]);
    std::io::Read::read_exact(&mut client, &mut [0; 8 + 5]).unwrap();
    let Reply::Status { log_gap, .. } = stage.connect().request(Request::Status, &[], deadline()).unwrap()
    else {
        panic!("no status")
    };
    assert!(
        matches!(&log_gap, Some(LogGap { entries: 1, bytes: 5, reason }) if reason.contains("is a directory"))
    );
    fs::remove_dir(stage.path("container/log")).unwrap();
    client.write_all(b"\n").unwrap();
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    assert_eq!(stage.log(), b"kept\n");
    assert!(
        stage
            .journal()
            .iter()
            .any(|record| matches!(record, Record::LogIncomplete { entries: 1, bytes: 5, .. }))
    );
}

#[test]
fn who_keeps_an_output_open_keeps_nobody_waiting_and_is_told_of() {
    let stage = Stage::new(&["say", "x", "and", "y"]);
    let (mut client, theirs) = stream();
    let (mut connection, pid) = stage.started(vec![(PATIENT, theirs)]);
    std::io::Read::read_exact(&mut client, &mut [0; 9]).unwrap();
    let held = output_of(pid);
    client.write_all(b"\n").unwrap();
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    assert_eq!(stage.log(), b"xy");
    let journal = stage.journal();
    let told = journal.iter().find_map(|record| match record {
        Record::LogIncomplete { entries: 0, bytes: 0, reason, .. } => Some(reason.as_str()),
        _ => None,
    });
    assert_eq!(told, Some("standard output is still open in a process that outlives the container"));
    drop(held);
}

/// One more descriptor of a process's standard output.
fn output_of(pid: u32) -> OwnedFd {
    File::options().write(true).open(format!("/proc/{pid}/fd/1")).unwrap().into()
}

/// A file system of a few pages, which this thread and what it starts see.
struct TinyDisk(PathBuf);

impl TinyDisk {
    fn mount(place: &Path) -> TinyDisk {
        use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
        namespaces::unshare(ThreadNameSpaceType::MOUNT).unwrap();
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).unwrap();
        mount("tmpfs", place, "tmpfs", MountFlags::empty(), Some(c"size=65536")).unwrap();
        TinyDisk(place.to_owned())
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let _ = rustix::mount::unmount(&self.0, rustix::mount::UnmountFlags::DETACH);
    }
}

#[test]
fn files_that_are_written_to_no_more_are_compressed_across_re_executions_and_nothing_is_left_beside_them() {
    let mut stage = Stage::new(&["pour", "40000"]);
    stage.start.log = LogPlan::JsonFile(JsonFile {
        max_size: Some(1_000_000),
        max_files: 100,
        compress: true,
        ..plain_file()
    });
    let (mut connection, _) = stage.started(Vec::new());
    let program = File::open(stage.program()).unwrap();
    // On a machine that is quick enough the container has ended.
    let _ = stage.connect().request(Request::Reexecute, &[program.as_fd()], deadline());
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    assert!(stage.log() == poured(40_000), "the log has something else");
    drop(stage.lock());
    // The next run compresses what this one had no time for.
    stage.start.launch.spec.process.as_mut().unwrap().args =
        ["/testbed", "say", "x", "and", "y"].map(str::to_owned).into();
    let (mut client, theirs) = stream();
    let (mut connection, _) = stage.started(vec![(PATIENT, theirs)]);
    let names = || -> Vec<String> {
        let entries = fs::read_dir(stage.path("container")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let until = deadline();
    while names().iter().any(|name| name.starts_with("log.") && !name.ends_with(".gz")) {
        assert!(std::time::Instant::now() < until, "{:?}", names());
        std::thread::yield_now();
    }
    client.write_all(b"\n").unwrap();
    assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 0, .. }));
    drop(stage.lock());
    assert_eq!(names().iter().filter(|name| name.ends_with(".gz")).count(), 7, "{:?}", names());
    assert!(stage.log() == [poured(40_000), b"xy".to_vec()].concat());
}
