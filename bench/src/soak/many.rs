//! A thousand containers at once: none fails, each costs as much as the first.
//!
//! They sleep; what they would do is their own affair.

use std::time::Instant;

use serde_json::json;

use crate::error::Result;
use crate::machine::Machine;
use crate::report::{Report, Section};
use crate::soak::engine::{Engine, run_payload};
use crate::soak::footprint::{self, Memory};
use crate::statistics::Summary;
use crate::table::Table;
use crate::workshop::Workshop;

const NAME: &str = "many";
const COUNT: usize = 1000;
/// Start times are told by hundreds, so that growth shows.
const GROUP: usize = 100;

/// What one container may take on disk, and its monitor in memory.
const DISK_GOAL: f64 = 30.0;
const MEMORY_GOAL: f64 = 300.0;

struct Figures {
    /// Of each `run --detach`, in milliseconds and in order.
    starts: Vec<f64>,
    monitors: Vec<Memory>,
    /// Below the root and the run directory, KiB a container.
    disk: [f64; 2],
    /// Seconds.
    removal: f64,
}

pub(super) fn run(workshop: &Workshop, mut machine: Machine) -> Result<Report> {
    let engine = Engine::new(NAME, workshop)?;
    let figures = measure(&engine)?;
    engine.finish()?;
    machine.finish();
    Ok(Report {
        name: "soak-many".to_owned(),
        machine,
        method: format!(
            "{COUNT} containers of a sleeping program, no network, started one after another by as many commands."
        ),
        data: json!({
            "start_ms": figures.starts,
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
        notes: vec![format!("All {COUNT} ran at once, and were removed in {:.1} s.", figures.removal)],
    })
}

fn measure(engine: &Engine) -> Result<Figures> {
    let root = engine.corten().root();
    let used =
        |path: &std::path::Path| footprint::disk(path).map_err(|error| engine.found(error.to_string()));
    let used = || -> Result<[u64; 2]> { Ok([used(&root.state())?, used(&root.run())?]) };
    let before = used()?;
    let mut starts = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        let start = Instant::now();
        engine.run(&run_payload(&["--detach"], &["sleep"]))?;
        starts.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let running = engine.run(&["ps", "--quiet"])?.stdout().lines().count();
    let monitors = footprint::monitors(root);
    if running != COUNT || monitors.len() != COUNT {
        let text = format!("{running} containers and {} monitors run, not {COUNT}", monitors.len());
        return Err(engine.found(text));
    }
    let after = used()?;
    let disk = [0, 1].map(|place| after[place].saturating_sub(before[place]) as f64 / 1024.0 / COUNT as f64);
    let start = Instant::now();
    engine.remove_all()?;
    Ok(Figures { starts, monitors, disk, removal: start.elapsed().as_secs_f64() })
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
    push("monitor, proportional kB", memory(|it| it.proportional), Some(MEMORY_GOAL));
    push("monitor, private kB", memory(|it| it.private), None);
    table
}

fn starts(starts: &[f64]) -> Table {
    let mut table = Table::new(&["containers", "median ms", "min", "max"]);
    for (place, group) in starts.chunks(GROUP).enumerate() {
        let Some(summary) = Summary::of(group.iter().copied()) else { continue };
        let first = place * GROUP + 1;
        let mut row = vec![format!("{first}–{}", first + group.len() - 1)];
        row.extend([summary.median, summary.min, summary.max].map(|value| format!("{value:.1}")));
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
        let times: Vec<f64> = (0..150).map(f64::from).collect();
        expect![[r"
            | containers | median ms |   min |   max |
            |------------|----------:|------:|------:|
            | 1–100      |      49.5 |   0.0 |  99.0 |
            | 101–150    |     124.5 | 100.0 | 149.0 |
        "]]
        .assert_eq(&starts(&times).to_string());
    }
}
