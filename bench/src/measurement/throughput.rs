//! The table of logs: megabytes per second.
//!
//! Pure.

use crate::race::Series;
use crate::statistics::{Summary, ratio};
use crate::table::Table;

pub(super) fn table(series: &[Series], bytes: u64) -> Table {
    let mut table = Table::new(&["", "median MB/s", "min", "max", "CPU ms", "× pipe"]);
    let rate = |series: &Series| {
        Summary::of(series.isolated.iter().map(|sample| bytes as f64 / 1e6 / sample.wall.as_secs_f64()))
    };
    let pipe = series.iter().find(|series| series.name == "pipe").and_then(rate);
    for one in series {
        let cpu = Summary::of(one.isolated.iter().map(|sample| sample.cpu.as_secs_f64() * 1e3));
        let (Some(rate), Some(cpu)) = (rate(one), cpu) else { continue };
        let mut row = vec![one.name.clone()];
        row.extend([rate.median, rate.min, rate.max, cpu.median].map(|value| format!("{value:.0}")));
        let compared = pipe.and_then(|pipe| ratio(rate.median, pipe.median));
        row.extend(compared.map(|ratio| format!("{ratio:.2}")));
        table.push(row);
    }
    table
}
