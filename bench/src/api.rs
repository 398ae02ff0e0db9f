//! What an engine's API costs its clients: the life of a container, one more process in it, lists, and the memory of who waits for them.
//!
//! One client asks, over a socket, one request after the other: no command line is in the figures. Each engine is in a network of its
//! own, with its default bridge.

mod server;
mod tables;
mod work;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::contender::Skipped;
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::race::Crew;
use crate::report::{Report, Section};
use crate::workshop::Workshop;
pub(crate) use server::Server;
use work::{CYCLES, Work};
pub(crate) use work::{Done, Session};

/// How many containers are listed when there are many.
const CROWD: usize = 1000;

/// Samples of a burst that count; one more comes before them.
const BURST: usize = 5;

/// How long an engine is left alone before its memory is looked at.
const REST: Duration = Duration::from_secs(15);

/// In milliseconds, of one engine at one work.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
struct Times {
    work: Work,
    engine: &'static str,
    isolated: Vec<f64>,
    looped: Vec<f64>,
}

/// In kB, of one engine's processes.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
struct Idle {
    engine: &'static str,
    /// Before it has done anything.
    fresh: u64,
    /// After all of it.
    used: u64,
}

/// Measures, `samples` times each with `gap` before each.
///
/// # Errors
/// What keeps the measurement from beginning at all, and an engine of ours that fails.
pub fn run(
    workshop: &Workshop,
    crew: &mut Crew,
    mut machine: Machine,
    (samples, gap): (usize, Duration),
) -> Result<Report> {
    let (mut sessions, mut skipped) = sessions(workshop, crew)?;
    let fresh: Vec<u64> = resting(&sessions);
    let mut times = Vec::new();
    for work in [CYCLES.as_slice(), &[Work::Exec, Work::Ping, Work::List(0)]].concat() {
        times.extend(measure(&mut sessions, work, samples, gap, &mut skipped));
    }
    crowd(&mut sessions, &mut skipped, Session::gather);
    times.extend(measure(&mut sessions, Work::List(CROWD), samples, gap, &mut skipped));
    crowd(&mut sessions, &mut skipped, Session::disperse);
    let used = resting(&sessions);
    let idle: Vec<Idle> = sessions
        .iter()
        .zip(fresh.iter().zip(used))
        .map(|(session, (fresh, used))| Idle { engine: session.name(), fresh: *fresh, used })
        .collect();
    for session in sessions {
        session.finish(crew)?;
    }
    machine.finish();
    Ok(Report {
        name: "api".to_owned(),
        machine,
        method: format!(
            "{samples} samples of each, in turns, with {} ms idle before each. In the loop, bursts of {} without gaps, in turns; the first of each burst is not counted.",
            gap.as_millis(),
            BURST + 1
        ),
        data: json!({ "times": times, "idle": idle }),
        sections: vec![
            Section::new("Isolated", tables::times(&times, |times| &times.isolated)),
            Section::new("In a loop", tables::times(&times, |times| &times.looped)),
            Section::new("Memory of an engine that waits", tables::idle(&idle)),
            Section::new("Goals", tables::goals(&times, &idle)),
        ],
        skipped,
        notes: vec![
            "Each request has a connection of its own. The payload ends at once; `life` is create, start, wait, remove; `exec` is create, \
             start attached, read to the end, inspect."
                .to_owned(),
            "Memory is proportional (PSS), of the engine and of what it started for itself: with Docker, containerd.".to_owned(),
        ],
    })
}

fn sessions(workshop: &Workshop, crew: &mut Crew) -> Result<(Vec<Session>, Vec<Skipped>)> {
    let (mut there, mut skipped) = (Vec::new(), Vec::new());
    for (name, server) in
        [("corten", Server::corten(workshop, crew)), ("docker", Server::docker(workshop, crew))]
    {
        match server.and_then(Session::begin) {
            Ok(session) => there.push(session),
            Err(reason) if name == "corten" => {
                return Err(Error::Unmeasured { command: "corten daemon".to_owned(), reason });
            }
            Err(reason) => skipped.push(Skipped { name: name.to_owned(), reason }),
        }
    }
    Ok((there, skipped))
}

fn resting(sessions: &[Session]) -> Vec<u64> {
    thread::sleep(REST);
    sessions.iter().map(Session::memory).collect()
}

/// Lets everybody do something once that is not measured. Who cannot leaves.
fn crowd(
    sessions: &mut Vec<Session>,
    skipped: &mut Vec<Skipped>,
    deed: impl Fn(&mut Session, usize) -> std::result::Result<(), String>,
) {
    sessions.retain_mut(|session| match deed(session, CROWD) {
        Ok(()) => true,
        Err(reason) => {
            skipped.push(Skipped { name: session.name().to_owned(), reason });
            false
        }
    });
}

/// One work of everybody, in turns. Who fails has no figures for it.
fn measure(
    sessions: &mut [Session],
    work: Work,
    samples: usize,
    gap: Duration,
    skipped: &mut Vec<Skipped>,
) -> Vec<Times> {
    let mut all = Vec::new();
    let mut takes_part: Vec<&mut Session> = Vec::new();
    for session in sessions {
        match session.prepare(work).and_then(|()| session.perform(work)) {
            Ok(()) => {
                let engine = session.name();
                all.push(Times { work, engine, isolated: Vec::new(), looped: Vec::new() });
                takes_part.push(session);
            }
            Err(reason) => {
                skipped.push(Skipped { name: format!("{}, {}", session.name(), work.title()), reason });
            }
        }
    }
    for _ in 0..samples {
        for (session, times) in takes_part.iter_mut().zip(&mut all) {
            thread::sleep(gap);
            times.isolated.extend(timed(session, work));
        }
    }
    for _ in 0..samples.div_ceil(BURST) {
        for (session, times) in takes_part.iter_mut().zip(&mut all) {
            timed(session, work);
            times.looped.extend((0..BURST).filter_map(|_| timed(session, work)));
        }
    }
    all
}

/// In milliseconds; a sample that failed is none, and said to be so.
fn timed(session: &mut Session, work: Work) -> Option<f64> {
    let start = Instant::now();
    match session.perform(work) {
        Ok(()) => Some(start.elapsed().as_secs_f64() * 1e3),
        Err(reason) => {
            eprintln!("{}, {}: {reason}", session.name(), work.title());
            None
        }
    }
}
