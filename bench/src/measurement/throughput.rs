//! The tables of logs: megabytes per second, and how long a search takes.
//!
//! Pure.

use crate::race::Series;
use crate::statistics::{Summary, ratio};
use crate::table::Table;

use super::timing;

pub(super) fn table(series: &[Series], bytes: u64) -> Table {
    let mut table =
        Table::new(&["", "median MB/s", "min", "max", "CPU ms", "CPU µs per MB beyond pipe", "× pipe"]);
    let rate = |series: &Series| {
        Summary::of(series.isolated.iter().map(|sample| bytes as f64 / 1e6 / sample.wall.as_secs_f64()))
    };
    let pipe = series.iter().find(|series| series.name == "pipe").and_then(rate);
    let cpu_of_pipe = series.iter().find(|series| series.name == "pipe").and_then(cpu);
    for one in series.iter().filter(|series| !is_search(series)) {
        let cpu = cpu(one);
        let (Some(rate), Some(cpu)) = (rate(one), cpu) else { continue };
        let mut row = vec![one.name.clone()];
        row.extend([rate.median, rate.min, rate.max, cpu.median].map(|value| format!("{value:.0}")));
        let beyond = cpu_of_pipe.map(|pipe| (cpu.median - pipe.median).max(0.0) * 1e3 / (bytes as f64 / 1e6));
        row.push(beyond.map_or_else(String::new, |beyond| format!("{beyond:.0}")));
        let compared = pipe.and_then(|pipe| ratio(rate.median, pipe.median));
        row.extend(compared.map(|ratio| format!("{ratio:.2}")));
        table.push(row);
    }
    table
}

/// How long each takes to give the end of a long log.
pub(super) fn searches(series: &[Series]) -> Table {
    let searches: Vec<Series> = series.iter().filter(|series| is_search(series)).cloned().collect();
    timing::table(&searches, |series| &series.isolated)
}

fn is_search(series: &Series) -> bool {
    series.name.ends_with(" since")
}

/// In milliseconds.
fn cpu(series: &Series) -> Option<Summary> {
    Summary::of(series.isolated.iter().map(|sample| sample.cpu.as_secs_f64() * 1e3))
}
