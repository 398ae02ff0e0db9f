//! Figures of the API as tables, and what we want to reach. Pure.

use super::work::Work;
use super::{Idle, Times};
use crate::statistics::{Summary, ratio};
use crate::table::Table;

/// Our time over Docker's, at most.
const GOALS: [(Work, f64); 2] = [(Work::Life("bridge"), 0.05), (Work::Exec, 0.1)];

/// An engine that waits, in kB.
const MEMORY_GOAL: u64 = 15_000;

pub(super) fn times(all: &[Times], samples: fn(&Times) -> &Vec<f64>) -> Table {
    let mut table = Table::new(&["", "engine", "median ms", "min", "max", "× docker"]);
    for times in all {
        let Some(summary) = Summary::of(samples(times).iter().copied()) else { continue };
        let mut row = vec![times.work.title(), times.engine.to_owned()];
        row.extend([summary.median, summary.min, summary.max].map(|value| format!("{value:.2}")));
        row.push(told(beside_docker(all, times, samples)));
        table.push(row);
    }
    table
}

pub(super) fn idle(all: &[Idle]) -> Table {
    let mut table = Table::new(&["", "fresh MB", "after all this MB"]);
    for idle in all {
        let megabytes = |kilobytes: u64| format!("{:.1}", kilobytes as f64 / 1e3);
        table.push(vec![idle.engine.to_owned(), megabytes(idle.fresh), megabytes(idle.used)]);
    }
    table
}

pub(super) fn goals(all: &[Times], idle: &[Idle]) -> Table {
    let mut table = Table::new(&["corten / docker", "goal", "isolated", "", "loop", ""]);
    for (work, limit) in GOALS {
        let Some(ours) = all.iter().find(|times| times.work == work && times.engine == "corten") else {
            continue;
        };
        let mut row = vec![work.title(), format!("≤ {limit:.2}")];
        for samples in [(|times| &times.isolated) as fn(&Times) -> &Vec<f64>, |times| &times.looped] {
            let reached = beside_docker(all, ours, samples);
            row.push(told(reached));
            row.push(reached.map_or("", |ratio| yes_or_no(ratio <= limit)).to_owned());
        }
        table.push(row);
    }
    if let Some(ours) = idle.iter().find(|idle| idle.engine == "corten") {
        let reached = yes_or_no(ours.used <= MEMORY_GOAL).to_owned();
        let cells = ["idle, MB".to_owned(), format!("≤ {}", MEMORY_GOAL / 1000)];
        let figure = format!("{:.1}", ours.used as f64 / 1e3);
        table.push(cells.into_iter().chain([figure, reached, String::new(), String::new()]).collect());
    }
    table
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn told(ratio: Option<f64>) -> String {
    ratio.map_or_else(String::new, |ratio| format!("{ratio:.3}"))
}

/// The median over Docker's at the same work.
fn beside_docker(all: &[Times], times: &Times, samples: fn(&Times) -> &Vec<f64>) -> Option<f64> {
    let median = |times: &Times| Summary::of(samples(times).iter().copied()).map(|summary| summary.median);
    let docker = all.iter().find(|other| other.work == times.work && other.engine == "docker")?;
    ratio(median(times)?, median(docker)?)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn everything_is_held_against_docker() {
        let of = |engine, work, isolated: &[f64], looped: &[f64]| Times {
            work,
            engine,
            isolated: isolated.to_vec(),
            looped: looped.to_vec(),
        };
        let all = [
            of("corten", Work::Exec, &[8.0, 9.0, 10.0], &[20.0]),
            of("docker", Work::Exec, &[100.0], &[100.0]),
            of("corten", Work::List(0), &[1.0], &[]),
        ];
        expect![[r"
            |           | engine | median ms |    min |    max | × docker |
            |-----------|-------:|----------:|-------:|-------:|---------:|
            | exec      | corten |      9.00 |   8.00 |  10.00 |    0.090 |
            | exec      | docker |    100.00 | 100.00 | 100.00 |    1.000 |
            | list of 0 | corten |      1.00 |   1.00 |   1.00 |          |
        "]]
        .assert_eq(&times(&all, |times| &times.isolated).to_string());
        let idle = [Idle { engine: "corten", fresh: 9_000, used: 16_000 }];
        expect![[r"
            | corten / docker |   goal | isolated |     |  loop |     |
            |-----------------|-------:|---------:|----:|------:|----:|
            | exec            | ≤ 0.10 |    0.090 | yes | 0.200 |  no |
            | idle, MB        |   ≤ 15 |     16.0 |  no |       |     |
        "]]
        .assert_eq(&goals(&all, &idle).to_string());
    }
}
