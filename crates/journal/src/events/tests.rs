//! The event file under several writers, rotations and deaths.
//!
//! Writers that are killed are processes of their own: this very test program, started again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use corten_spec::time::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::event::{NewEvent, Sequence};
use super::log::EventLog;
use super::reader::EventReader;
use crate::JournalError;

fn event(action: &str) -> NewEvent {
    NewEvent {
        at: Timestamp::from_nanos(1),
        kind: "container".to_owned(),
        action: action.to_owned(),
        actor: "id".to_owned(),
        attributes: BTreeMap::from([("name".to_owned(), "line\nbreak".to_owned())]),
    }
}

fn rest(reader: &mut EventReader) -> Vec<String> {
    std::iter::from_fn(|| reader.next().unwrap()).map(|event| event.action).collect()
}

fn wait(reader: &mut EventReader) {
    let deadline = Timespec { tv_sec: 30, tv_nsec: 0 };
    let ready =
        poll(&mut [PollFd::new(&reader.watch().unwrap().unwrap(), PollFlags::IN)], Some(&deadline)).unwrap();
    assert_eq!(ready, 1, "nothing woke the reader");
}

#[test]
fn an_event_comes_back_as_it_was_with_the_number_that_its_writer_was_told() {
    let root = tempfile::tempdir().unwrap();
    let log = EventLog::new(root.path());
    let sequence = log.append(&event("start")).unwrap();
    let mut reader = EventReader::from_start(root.path()).unwrap();
    let read = reader.next().unwrap().unwrap();
    assert_eq!(read, super::event::Event::new(sequence, event("start")));
    assert!(log.append(&event("die")).unwrap() > sequence);
}

#[test]
fn each_way_of_opening_begins_where_it_says() {
    let root = tempfile::tempdir().unwrap();
    let log = EventLog::new(root.path());
    let mut at_end = EventReader::at_end(root.path()).unwrap();
    let sequences: Vec<_> =
        ["a", "b", "c"].iter().map(|action| log.append(&event(action)).unwrap()).collect();
    assert_eq!(rest(&mut at_end), ["a", "b", "c"]);
    assert_eq!(rest(&mut EventReader::at_end(root.path()).unwrap()), [""; 0]);
    assert_eq!(rest(&mut EventReader::from_start(root.path()).unwrap()), ["a", "b", "c"]);
    assert_eq!(rest(&mut EventReader::from(root.path(), Sequence(0)).unwrap()), ["a", "b", "c"]);
    assert_eq!(rest(&mut EventReader::from(root.path(), sequences[0]).unwrap()), ["b", "c"]);
    assert_eq!(rest(&mut EventReader::from(root.path(), sequences[2]).unwrap()), [""; 0]);
    let beyond = EventReader::from(root.path(), Sequence(sequences[2].0 + 10_000)).unwrap_err();
    assert!(matches!(beyond, JournalError::UnknownPosition { .. }), "{beyond}");
}

#[test]
fn a_torn_record_costs_no_other() {
    let root = tempfile::tempdir().unwrap();
    let log = EventLog::new(root.path());
    let mut reader = EventReader::from_start(root.path()).unwrap();
    log.append(&event("a")).unwrap();
    let path = root.path().join("events");
    fs::File::options().append(true).open(&path).unwrap().write_all(b"\n12345678 {\"at\":\"19").unwrap();
    assert_eq!(rest(&mut reader), ["a"]);
    let mut at_end = EventReader::at_end(root.path()).unwrap();
    log.append(&event("b")).unwrap();
    assert_eq!(rest(&mut reader), ["b"]);
    assert_eq!(rest(&mut at_end), ["b"]);
}

#[test]
fn sequence_numbers_find_events_in_the_predecessor_and_dropped_ones_are_named() {
    let root = tempfile::tempdir().unwrap();
    let log = EventLog::with_limit(root.path(), 1000);
    let sequences: Vec<_> = (0..40).map(|number| log.append(&event(&number.to_string())).unwrap()).collect();
    assert!(sequences.is_sorted());
    let kept = rest(&mut EventReader::from_start(root.path()).unwrap());
    let oldest: usize = kept[0].parse().unwrap();
    assert_eq!(kept, (oldest..40).map(|number| number.to_string()).collect::<Vec<_>>());
    for number in oldest..40 {
        let mut reader = EventReader::from(root.path(), sequences[number]).unwrap();
        assert_eq!(rest(&mut reader), kept[number - oldest + 1..], "after {number}");
    }
    let dropped = EventReader::from(root.path(), sequences[oldest - 2]).unwrap_err();
    assert!(matches!(dropped, JournalError::Overrun { .. }), "{dropped}");
}

#[test]
fn a_reader_that_slept_over_two_rotations_is_told_and_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let log = EventLog::with_limit(root.path(), 1000);
    let mut reader = EventReader::from_start(root.path()).unwrap();
    for number in 0..40 {
        log.append(&event(&number.to_string())).unwrap();
    }
    let read: Vec<_> = std::iter::from_fn(|| reader.next().transpose())
        .map(|event| event.map(|event| event.action))
        .collect();
    let gaps = read.iter().filter(|event| matches!(event, Err(JournalError::Overrun { .. }))).count();
    assert_eq!(gaps, 1);
    assert_eq!(read.last().unwrap().as_ref().unwrap(), "39");
    assert!(read[0].as_ref().is_ok_and(|action| action == "0"), "the file it has open is read to its end");
}

#[test]
fn a_file_that_is_no_event_file_is_refused_by_name() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("events"), "something else\n").unwrap();
    let error = EventLog::new(root.path()).append(&event("a")).unwrap_err();
    assert!(
        error.to_string().contains("events` is damaged at byte 0: its first line is not whole; move"),
        "{error}"
    );
}

#[test]
fn events_of_many_writers_reach_every_reader_once_and_in_order_across_rotations() {
    const WRITERS: usize = 4;
    const EACH: usize = 500;
    let root = tempfile::tempdir().unwrap();
    // Each reader keeps up because writers wait for it every so often: what is tried is the order of things, not speed.
    let progress = std::sync::Barrier::new(WRITERS + 2);
    let log = EventLog::with_limit(root.path(), 30_000);
    let read = |mut reader: EventReader| {
        let mut seen = Vec::new();
        reader.watch().unwrap();
        for round in 1..=EACH / 50 {
            while seen.len() < round * 50 * WRITERS {
                match reader.next().unwrap() {
                    Some(event) => seen.push((event.sequence, event.action)),
                    None => wait(&mut reader),
                }
            }
            progress.wait();
        }
        seen
    };
    let readers = [EventReader::at_end(root.path()).unwrap(), EventReader::from_start(root.path()).unwrap()];
    let mut told = BTreeSet::new();
    let mut seen = Vec::new();
    std::thread::scope(|scope| {
        let readers = readers.map(|reader| scope.spawn(|| read(reader)));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (log, progress) = (&log, &progress);
                scope.spawn(move || {
                    let mut told = Vec::new();
                    for number in 0..EACH {
                        let action = format!("{writer}-{number}");
                        told.push((log.append(&event(&action)).unwrap(), action));
                        if number % 50 == 49 {
                            progress.wait();
                        }
                    }
                    told
                })
            })
            .collect();
        for writer in writers {
            told.extend(writer.join().unwrap());
        }
        seen.extend(readers.map(|reader| reader.join().unwrap()));
    });
    assert_eq!(told.len(), WRITERS * EACH);
    for seen in seen {
        assert!(seen.is_sorted(), "out of order");
        assert_eq!(BTreeSet::from_iter(seen), told);
    }
    assert!(root.path().join("events.1").exists(), "no rotation was tried");
}

/// How the programs that `start_writer` starts are told what to do: `<root>:<limit of a file>:<name>`.
const ORDER: &str = "CORTEN_TEST_WRITER";

/// Not a test by itself: the program of the tests below. It appends events until it is killed, and reports each.
#[test]
fn writer_process() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let [name, limit, root] = order.rsplitn(3, ':').collect::<Vec<_>>()[..] else { panic!("{order}") };
    let log = EventLog::with_limit(Path::new(root), limit.parse().unwrap());
    // Large enough to span pages: only between pages does a kill tear a write.
    let filler = "x".repeat(9000);
    for number in 0.. {
        let mut event = event(&format!("{name}-{number}"));
        event.attributes.insert("filler".to_owned(), filler.clone());
        log.append(&event).unwrap();
        println!("\nwrote {number}");
    }
}

fn start_writer(root: &Path, limit: u64, name: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "events::tests::writer_process", "--nocapture"])
        .env(ORDER, format!("{}:{limit}:{name}", root.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets a writer report `count` events, then kills it in the middle of whatever it is at; how many it reported in all.
fn kill_after(mut writer: Child, count: usize) -> usize {
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok);
    let reported = lines.by_ref().filter(|line| line.starts_with("wrote ")).take(count).count();
    writer.kill().unwrap();
    let after = lines.filter(|line| line.starts_with("wrote ")).count();
    writer.wait().unwrap();
    reported + after
}

/// Two writers at a time, five times, each killed at another point; how many events each reported.
fn kill_writers(root: &Path, limit: u64) -> BTreeMap<usize, usize> {
    let lane = |lane: usize| {
        (0..5).map(move |round| {
            let name = lane * 100 + round;
            (name, kill_after(start_writer(root, limit, name), 7 * round + 3))
        })
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| lane(1).collect::<Vec<_>>());
        lane(0).collect::<Vec<_>>().into_iter().chain(other.join().unwrap()).collect()
    })
}

#[test]
fn killed_writers_lose_nothing_that_they_reported() {
    let root = tempfile::tempdir().unwrap();
    let mut reader = EventReader::from_start(root.path()).unwrap();
    reader.watch().unwrap();
    let follower = std::thread::spawn(move || {
        let mut seen: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        loop {
            let Some(event) = reader.next().unwrap() else {
                wait(&mut reader);
                continue;
            };
            let Some((name, number)) = event.action.split_once('-') else { return seen };
            seen.entry(name.parse().unwrap()).or_default().push(number.parse().unwrap());
        }
    });
    let reported = kill_writers(root.path(), u64::MAX);
    EventLog::new(root.path()).append(&event("end")).unwrap();
    let seen = follower.join().unwrap();
    for (name, count) in reported {
        let seen = &seen[&name];
        assert_eq!(*seen, (0..seen.len()).collect::<Vec<_>>(), "events of writer {name}");
        assert!(seen.len() >= count, "writer {name} reported {count}, {} were seen", seen.len());
    }
}

#[test]
fn writers_killed_around_rotations_leave_a_file_that_others_go_on_with() {
    let root = tempfile::tempdir().unwrap();
    // Every third event rotates.
    kill_writers(root.path(), 25_000);
    let sequence = EventLog::new(root.path()).append(&event("end")).unwrap();
    let mut reader = EventReader::from_start(root.path()).unwrap();
    let seen: Vec<_> = std::iter::from_fn(|| reader.next().unwrap()).collect();
    assert!(seen.is_sorted_by(|one, next| one.sequence < next.sequence));
    assert_eq!(seen.last().map(|event| event.sequence), Some(sequence));
    assert!(seen.len() > 1);
}

#[test]
fn events_that_belong_together_are_read_in_their_order() {
    let root = tempfile::tempdir().unwrap();
    let log = EventLog::new(root.path());
    let first = log.append_together(&[event("die"), event("stop")]).unwrap();
    let mut reader = EventReader::from_start(root.path()).unwrap();
    let die = reader.next().unwrap().unwrap();
    assert_eq!(die, super::event::Event::new(first, event("die")));
    assert_eq!(rest(&mut reader), ["stop"]);
}

#[test]
fn an_event_whose_moment_has_passed_is_not_appended() {
    let root = tempfile::tempdir().unwrap();
    let log = EventLog::new(root.path());
    assert!(log.append_while::<JournalError>(&event("pause"), || Ok(true)).unwrap());
    log.append(&event("die")).unwrap();
    assert!(!log.append_while::<JournalError>(&event("unpause"), || Ok(false)).unwrap());
    assert_eq!(rest(&mut EventReader::from_start(root.path()).unwrap()), ["pause", "die"]);
}

#[test]
fn nobody_appends_while_a_moment_is_looked_at() {
    let root = tempfile::tempdir().unwrap();
    let log = EventLog::new(root.path());
    let other = log.clone();
    let mut rival = None;
    let appended = log.append_while::<JournalError>(&event("pause"), || {
        let (begun, begins) = std::sync::mpsc::channel();
        rival = Some(std::thread::spawn(move || {
            begun.send(()).unwrap();
            other.append(&event("die")).unwrap()
        }));
        begins.recv().unwrap();
        Ok(rest(&mut EventReader::from_start(root.path())?).is_empty())
    });
    assert!(appended.unwrap());
    rival.unwrap().join().unwrap();
    assert_eq!(rest(&mut EventReader::from_start(root.path()).unwrap()), ["pause", "die"]);
}
