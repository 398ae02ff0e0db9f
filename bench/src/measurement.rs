//! The measurements by name: who takes part, how often, and what of it is shown.
//!
//! What a figure means is said in the notes that are printed with it.

mod goals;
mod phases;
mod throughput;
mod timing;

use std::time::Duration;

use crate::api;
use crate::contender::{self, Field, LogAmounts, Sink, Source};
use crate::density;
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::net;
use crate::race::{self, Crew, Plan, Series};
use crate::report::{Report, Section};
use crate::statistics::Summary;
use crate::workshop::{Programs, Registry, Workshop, remove_cgroup_home};

/// What [`run`] knows.
pub const NAMES: [&str; 8] = ["start", "exec", "logs", "pull", "push", "net", "api", "density"];

/// Below this gap an earlier start still hides the price of the next one.
const SHORTEST_GAP: Duration = Duration::from_millis(150);

/// Fewer say nothing of what takes milliseconds, and of what takes seconds.
const FEWEST_SAMPLES: usize = 15;
const FEWEST_LONG_SAMPLES: usize = 3;

/// As many as are taken where nobody says how many.
const SAMPLES: usize = 25;
const LONG_SAMPLES: usize = 5;

/// Of a log, in lines of a hundred bytes.
const LOGS: LogAmounts = LogAmounts { throughput: 200_000_000, search: 1_000_000_000 };

/// What may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Of each contender in each mode; else 25, or 5 of what takes long.
    pub samples: Option<usize>,
    /// Idle before each isolated sample.
    pub gap: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options { samples: None, gap: Duration::from_millis(200) }
    }
}

/// Measures, and returns what is to be shown and kept.
///
/// # Errors
/// [`Error::Usage`] for a name or options that make no sense; what keeps the measurement from beginning at all.
pub fn run(name: &str, options: Options) -> Result<Report> {
    let (fewest, usual) = match name {
        "logs" | "pull" | "push" | "net" => (FEWEST_LONG_SAMPLES, LONG_SAMPLES),
        _ => (FEWEST_SAMPLES, SAMPLES),
    };
    let samples = options.samples.unwrap_or(usual);
    if samples < fewest || options.gap < SHORTEST_GAP {
        let text = format!("at least {fewest} samples, {} ms apart", SHORTEST_GAP.as_millis());
        return Err(Error::Usage(text));
    }
    let workshop = Workshop::new(Programs::beside_this_one()?)?;
    let mut crew = Crew::new(&workshop.programs);
    let mut machine = Machine::look(&workshop.place(""));
    if matches!(name, "net" | "api" | "density") {
        let report = match name {
            "net" => net::run(&workshop, &mut crew, machine, samples),
            "density" => density::run(&workshop, &mut crew, machine, samples),
            _ => api::run(&workshop, &mut crew, machine, (samples, options.gap)),
        };
        drop(crew);
        remove_cgroup_home();
        return report;
    }
    let plan = Plan { samples, gap: options.gap, looped: matches!(name, "start" | "exec") };
    let mut servers = Vec::new();
    let field = match name {
        "start" => contender::for_start(&workshop, &mut crew),
        "exec" => contender::for_exec(&workshop, &mut crew),
        "logs" => contender::for_logs(&workshop, &mut crew, LOGS),
        "pull" => {
            let (registry, source) = large_image_served(&workshop)?;
            servers.push(registry);
            contender::for_pull(&workshop, &source)
        }
        "push" => {
            let (registry, source) = large_image_served(&workshop)?;
            let sink = registry_in(&workshop, "sink")?;
            let field = contender::for_push(&workshop, &mut crew, &source, &Sink::in_registry(&sink));
            servers.extend([registry, sink]);
            field
        }
        _ => {
            return Err(Error::Usage(format!(
                "there is no measurement `{name}`; there are {}",
                NAMES.join(", ")
            )));
        }
    };
    let Field { contenders, skipped } = field;
    let mut outcome = race::run(contenders, &plan, &mut crew);
    outcome.skipped.splice(0..0, skipped);
    drop(crew);
    remove_cgroup_home();
    machine.finish();
    Ok(Report {
        name: name.to_owned(),
        machine,
        method: plan.describe(),
        data: serde_json::to_value(&outcome.series)?,
        sections: sections(name, &outcome.series),
        skipped: outcome.skipped,
        notes: notes(name),
    })
}

/// The large image in a registry that serves it as long as it lives.
fn large_image_served(workshop: &Workshop) -> Result<(Registry, Source)> {
    let image = workshop.large_image()?;
    let registry = registry_in(workshop, "registry")?;
    registry.fill(&image.layout(), "large:1")?;
    let source = Source { name: registry.name("large:1"), layers: image.layers()? };
    Ok((registry, source))
}

fn registry_in(workshop: &Workshop, name: &str) -> Result<Registry> {
    let failed = |reason| Error::Unmeasured { command: "docker-registry".to_owned(), reason };
    Registry::start(&workshop.place(name)).map_err(failed)
}

fn sections(name: &str, all: &[Series]) -> Vec<Section> {
    if name == "logs" {
        return vec![
            Section::new("Throughput", throughput::table(all, LOGS.throughput)),
            Section::new("The end of a gigabyte, by time", throughput::searches(all)),
            Section::new("Goals", goals::throughput(all)),
        ];
    }
    if matches!(name, "pull" | "push") {
        return vec![
            Section::new("Time", timing::table(all, |series| &series.isolated)),
            Section::new("Goals", goals::long(all)),
        ];
    }
    let mut sections = vec![
        Section::new("Isolated", timing::table(all, |series| &series.isolated)),
        Section::new("In a loop", timing::table(all, |series| &series.looped)),
        Section::new("Goals", goals::timing(all)),
    ];
    let floor = all.iter().find(|series| series.name == "floor");
    sections
        .extend(floor.map(|floor| {
            Section::new("The floor, phase by phase (isolated)", phases::table(&floor.outputs))
        }));
    sections
}

fn notes(name: &str) -> Vec<String> {
    let notes: &[&str] = match name {
        "start" => &[
            "`process` is the payload without a container, `floor` the bare system calls of one on an overlay, `bundle floor` those of one on a \
             bound directory: static programs of this package.",
            "The floor and the bundles ask for the same: namespaces, small mounts, masked paths, capabilities, Docker's default seccomp \
             profile, a cgroup in every hierarchy. The engines do what they do by default, with `--network none` or on their \
             bridges, each in a network of its own.",
            "CPU time and peak memory are those of the command and of all that it started and left behind, until nothing of it ran; \
             a peak cannot be seen below that of `process`. With Docker, those of its daemon are in them, those of its shims are not. With \
             Corten's bridge, the guard of the firewall stays, and was there before the first sample.",
        ],
        "exec" => &[
            "The containers run `sleep`; one more process in them is measured, and `process` is that process outside.",
        ],
        "pull" => &[
            "An image of seven layers of Debian packages, from `docker-registry` on loopback; removed after each sample. `gunzip, tar` unpacks \
             the same layers from files, one after the other, and makes nothing durable.",
            "CPU time and peak memory are those of the command and of the daemon that works for it, dockerd or containerd; those of the registry \
             are not in them.",
        ],
        "push" => &[
            "The same image as in `pull`, to a `docker-registry` on loopback that has nothing; its files are removed after each sample.",
            "CPU time and peak memory are those of the command and of the daemon that works for it, dockerd or containerd; those of the registry \
             are not in them.",
        ],
        _ => &[
            "200 MB in lines of 100 bytes. `write`: a detached container writes them and is waited for. `read`: `logs` of such a \
             container. `pipe`: the same lines from one process to another, kept by nobody. `CPU` is that of the command \
             and of all that it started; what is beyond that of `pipe` is for keeping the log.",
            "`since`: the thousand lines that a container wrote some seconds after a gigabyte of others. At most three samples.",
        ],
    };
    notes.iter().map(|&note| note.to_owned()).collect()
}

/// Of the wall time, in milliseconds.
fn wall(samples: &[crate::order::Sample]) -> Option<Summary> {
    Summary::of(samples.iter().map(|sample| sample.wall.as_secs_f64() * 1e3))
}
