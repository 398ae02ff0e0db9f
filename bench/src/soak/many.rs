//! A thousand containers at once, and five hundred on one bridge: none fails, each costs as much as the first.
//!
//! They sleep; what they would do is their own affair.

use std::process::Stdio;
use std::time::Instant;

use corten_sys::usage;
use serde_json::json;

use crate::error::Result;
use crate::machine::Machine;
use crate::report::{Report, Section};
use crate::site::Site;
use crate::soak::engine::Engine;
use crate::soak::footprint::{self, Memory};
use crate::statistics::Summary;
use crate::table::Table;
use crate::workshop::{IMAGE, PAYLOAD, Workshop};

/// Start times are told by hundreds, so that growth shows.
const GROUP: usize = 100;

/// So many of the first and of the last are held against each other.
const ENDS: usize = 20;

/// What one container may take on disk, and its monitor in memory.
const DISK_GOAL: f64 = 30.0;
const MEMORY_GOAL: f64 = 300.0;

/// Which containers.
struct Crowd {
    name: &'static str,
    count: usize,
    network: &'static str,
}

const WITHOUT_NETWORK: Crowd = Crowd { name: "many", count: 1000, network: "none" };
const ON_BRIDGE: Crowd = Crowd { name: "bridge", count: 500, network: "bridge" };

/// One `run --detach`, in milliseconds. What else the machine does shows in the one and hardly in the other.
#[derive(Clone, Copy)]
struct Start {
    wall: f64,
    /// Of the command and of what it waited for.
    cpu: f64,
}

struct Figures {
    /// In order.
    starts: Vec<Start>,
    monitors: Vec<Memory>,
    /// Below the root and the run directory, KiB a container.
    disk: [f64; 2],
    /// Seconds.
    removal: f64,
}

pub(super) fn run(workshop: &Workshop, machine: Machine) -> Result<Report> {
    crowd(&WITHOUT_NETWORK, workshop, machine)
}

/// Five hundred on one bridge, in a network of its own.
pub(super) fn run_on_bridge(workshop: &Workshop, machine: Machine) -> Result<Report> {
    Site::make()?.run(|| crowd(&ON_BRIDGE, workshop, machine))?
}

fn crowd(crowd: &Crowd, workshop: &Workshop, mut machine: Machine) -> Result<Report> {
    let engine = Engine::new(crowd.name, workshop)?;
    let figures = measure(crowd, &engine)?;
    engine.finish()?;
    machine.finish();
    let &Crowd { name, count, network } = crowd;
    Ok(Report {
        name: format!("soak-{name}"),
        machine,
        method: format!(
            "{count} containers of a sleeping program, network `{network}`, started one after another by as many commands."
        ),
        data: json!({
            "start_ms": figures.starts.iter().map(|start| start.wall).collect::<Vec<_>>(),
            "start_cpu_ms": figures.starts.iter().map(|start| start.cpu).collect::<Vec<_>>(),
            "monitor_pss_kb": figures.monitors.iter().map(|it| it.proportional).collect::<Vec<_>>(),
            "monitor_private_kb": figures.monitors.iter().map(|it| it.private).collect::<Vec<_>>(),
            "disk_kib": figures.disk[0],
            "run_directory_kib": figures.disk[1],
            "removal_s": figures.removal,
        }),
        sections: vec![
            Section::new("One container", each(&figures)),
            Section::new("`run --detach`, by hundreds", starts(&figures.starts)),
        ],
        skipped: Vec::new(),
        notes: vec![
            format!("All {count} ran at once, and were removed in {:.1} s.", figures.removal),
            ends(&figures.starts),
        ],
    })
}

fn measure(crowd: &Crowd, engine: &Engine) -> Result<Figures> {
    let count = crowd.count;
    let root = engine.corten().root();
    let used =
        |path: &std::path::Path| footprint::disk(path).map_err(|error| engine.found(error.to_string()));
    let used = || -> Result<[u64; 2]> { Ok([used(&root.state())?, used(&root.run())?]) };
    let before = used()?;
    let mut starts = Vec::with_capacity(count);
    for _ in 0..count {
        starts.push(start(crowd, engine)?);
    }
    let running = engine.run(&["ps", "--quiet"])?.stdout().lines().count();
    let monitors = footprint::monitors(root);
    // What the root has for all of them, as the guard of its firewall, is one more at most.
    if running != count || !(count..=count + 1).contains(&monitors.len()) {
        let text = format!("{running} containers and {} monitors run, not {count}", monitors.len());
        return Err(engine.found(text));
    }
    let after = used()?;
    let disk = [0, 1].map(|place| after[place].saturating_sub(before[place]) as f64 / 1024.0 / count as f64);
    let start = Instant::now();
    engine.remove_all()?;
    Ok(Figures { starts, monitors, disk, removal: start.elapsed().as_secs_f64() })
}

fn start(crowd: &Crowd, engine: &Engine) -> Result<Start> {
    let words = ["run", "--detach", "--network", crowd.network, IMAGE, PAYLOAD, "sleep"];
    let mut command = engine.corten().command(&words);
    let start = Instant::now();
    let ended = command.stdout(Stdio::null()).spawn().and_then(|child| usage::wait(child.id()));
    let wall = start.elapsed().as_secs_f64() * 1e3;
    let ended = ended.map_err(|error| engine.found(error.to_string()))?;
    match ended.exit.shell_code() {
        0 => Ok(Start { wall, cpu: ended.cpu.as_secs_f64() * 1e3 }),
        code => Err(engine.found(format!("`{}` ended with {code}", words.join(" ")))),
    }
}

/// Whether the last starts took longer than the first.
fn ends(starts: &[Start]) -> String {
    let first = &starts[..ENDS.min(starts.len())];
    let last = &starts[starts.len().saturating_sub(ENDS)..];
    let told = |of: fn(&Start) -> f64| {
        let median =
            |group: &[Start]| Summary::of(group.iter().map(of)).map_or(0.0, |summary| summary.median);
        let (first, last) = (median(first), median(last));
        format!("{first:.1} and {last:.1} ms (× {:.2})", last / first)
    };
    format!(
        "Medians of the first {ENDS} starts and of the last: {} from beginning to end, {} of processor time.",
        told(|start| start.wall),
        told(|start| start.cpu)
    )
}

fn each(figures: &Figures) -> Table {
    let mut table = Table::new(&["", "median", "min", "max", "goal", ""]);
    let mut push = |name: &str, values: Vec<f64>, goal: Option<f64>| {
        let Some(summary) = Summary::of(values) else { return };
        let mut row = vec![name.to_owned()];
        row.extend([summary.median, summary.min, summary.max].map(|value| format!("{value:.1}")));
        row.push(goal.map_or_else(String::new, |goal| format!("≤ {goal:.0}")));
        row.push(goal.map_or("", |goal| if summary.median <= goal { "yes" } else { "no" }).to_owned());
        table.push(row);
    };
    push("disk below the root, KiB", vec![figures.disk[0]], Some(DISK_GOAL));
    push("disk below the run directory, KiB", vec![figures.disk[1]], None);
    let memory = |of: fn(&Memory) -> u64| figures.monitors.iter().map(|memory| of(memory) as f64).collect();
    push("process, proportional kB", memory(|it| it.proportional), Some(MEMORY_GOAL));
    push("process, private kB", memory(|it| it.private), None);
    table
}

fn starts(starts: &[Start]) -> Table {
    let mut table = Table::new(&["containers", "median ms", "min", "max", "CPU ms"]);
    for (place, group) in starts.chunks(GROUP).enumerate() {
        let Some(wall) = Summary::of(group.iter().map(|start| start.wall)) else { continue };
        let cpu = Summary::of(group.iter().map(|start| start.cpu)).map_or(0.0, |summary| summary.median);
        let first = place * GROUP + 1;
        let mut row = vec![format!("{first}–{}", first + group.len() - 1)];
        row.extend([wall.median, wall.min, wall.max, cpu].map(|value| format!("{value:.1}")));
        table.push(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn start_times_are_told_by_hundreds_and_the_last_may_be_short() {
        let times: Vec<Start> = (0..150).map(|number| Start { wall: f64::from(number), cpu: 2.0 }).collect();
        expect![[r"
            | containers | median ms |   min |   max | CPU ms |
            |------------|----------:|------:|------:|-------:|
            | 1–100      |      49.5 |   0.0 |  99.0 |    2.0 |
            | 101–150    |     124.5 | 100.0 | 149.0 |    2.0 |
        "]]
        .assert_eq(&starts(&times).to_string());
    }

    #[test]
    fn the_first_are_held_against_the_last() {
        let times: Vec<Start> =
            (0..100).map(|number| Start { wall: 10.0 + f64::from(number / 50), cpu: 2.0 }).collect();
        expect!["Medians of the first 20 starts and of the last: 10.0 and 11.0 ms (× 1.10) from beginning to end, 2.0 and 2.0 ms (× 1.00) of processor time."]
            .assert_eq(&ends(&times));
    }
}
