//! What many containers with a health check cost while nothing else happens: processor, memory, and how long lists and inspections take.
//!
//! One engine after the other, each alone on the machine and in a network of its own; its figures are those of the whole machine, beyond
//! those with no such container.

mod crowd;
mod figures;
mod machine_use;
mod tables;

use std::thread;
use std::time::Duration;

use crate::api::{Server, Session};
use crate::contender::Skipped;
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::race::Crew;
use crate::report::{Report, Section};
use crate::workshop::Workshop;
use crowd::Crowd;
use figures::Figures;
use machine_use::MachineUse;

/// How many have a check, of Docker and of ours. Ours are also as many as Docker's.
const DOCKER: [usize; 2] = [0, 100];
const CORTEN: [usize; 3] = [0, 100, 1000];

/// How long a new crowd is left alone before it is looked at.
const REST: Duration = Duration::from_secs(15);

/// How long its use of the machine is watched.
const WINDOW: Duration = Duration::from_secs(30);

/// Measures; each request is made `samples` times.
///
/// # Errors
/// What keeps the measurement from beginning at all, and an engine of ours that fails.
pub fn run(workshop: &Workshop, crew: &mut Crew, mut machine: Machine, samples: usize) -> Result<Report> {
    let mut all = Vec::new();
    let mut skipped = vec![Skipped {
        name: "podman".to_owned(),
        reason: "its checks are timers of systemd, which need a machine that systemd runs".to_owned(),
    }];
    let docker = Server::docker(workshop, crew)
        .and_then(Session::begin)
        .and_then(|session| grow(session, &DOCKER, samples, &mut all, crew));
    if let Err(reason) = docker {
        skipped.push(Skipped { name: "docker".to_owned(), reason });
    }
    Server::corten(workshop, crew)
        .and_then(Session::begin)
        .and_then(|session| grow(session, &CORTEN, samples, &mut all, crew))
        .map_err(|reason| Error::Unmeasured { command: "corten daemon".to_owned(), reason })?;
    machine.finish();
    Ok(Report {
        name: "density".to_owned(),
        machine,
        method: format!(
            "Containers of a sleeping program without network, each with a check every {} s that executes a static program. Each crowd rests for {} s, \
             is watched for {} s, and then {samples} requests of each kind are made.",
            crowd::INTERVAL.as_secs(),
            REST.as_secs(),
            WINDOW.as_secs()
        ),
        data: serde_json::to_value(&all)?,
        sections: vec![
            Section::new("What they take", tables::use_of_machine(&all)),
            Section::new("What others wait", tables::requests(&all)),
        ],
        skipped,
        notes: vec![
            "Processor time and memory are the whole machine's, beyond those of the same engine without such containers. Memory is what cannot be \
             given to others without swapping, the kernel's own included."
                .to_owned(),
            "`list` is of all containers, `inspect` of one without a check that was there from the beginning; each request has a connection of its own."
                .to_owned(),
        ],
    })
}

/// One engine with ever more containers.
fn grow(
    session: Session,
    counts: &[usize],
    samples: usize,
    all: &mut Vec<Figures>,
    crew: &mut Crew,
) -> std::result::Result<(), String> {
    let mut crowd = Crowd::begin(session)?;
    let measured: std::result::Result<Vec<Figures>, String> =
        counts.iter().map(|&count| watch(&mut crowd, count, samples)).collect();
    let dispersed = crowd.disperse();
    crowd.finish(crew).map_err(|error| error.to_string())?;
    all.extend(measured?);
    dispersed
}

fn watch(crowd: &mut Crowd, count: usize, samples: usize) -> std::result::Result<Figures, String> {
    let engine = crowd.engine();
    eprintln!("{engine}, {count} …");
    crowd.grow(count)?;
    thread::sleep(REST);
    let before = MachineUse::now();
    thread::sleep(WINDOW);
    let after = MachineUse::now();
    let (list, inspect) = crowd.ask(samples)?;
    Ok(Figures {
        engine,
        count,
        processors: (after.busy.saturating_sub(before.busy)).as_secs_f64() / WINDOW.as_secs_f64(),
        memory: after.memory,
        list,
        inspect,
    })
}
