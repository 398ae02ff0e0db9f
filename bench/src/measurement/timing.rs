//! The table of starts: medians with their extremes, and how they compare.
//!
//! Pure.

use crate::order::Sample;
use crate::race::Series;
use crate::statistics::{Summary, ratio};
use crate::table::Table;

use super::wall;

/// What others are compared with, where it took part.
const REFERENCES: [&str; 21] = [
    "floor",
    "bundle floor",
    "crun run",
    "runc run",
    "podman run",
    "podman run, bridge",
    "docker run",
    "docker run, bridge",
    "crun exec",
    "runc exec",
    "podman exec",
    "docker exec",
    "podman since",
    "docker since",
    "gunzip, tar",
    "ctr pull",
    "docker pull",
    "podman pull",
    "ctr push",
    "docker push",
    "podman push",
];

pub(super) fn table(series: &[Series], samples: impl Fn(&Series) -> &[Sample]) -> Table {
    let median = |name: &str| {
        let series = series.iter().find(|series| series.name == name)?;
        wall(samples(series)).map(|summary| summary.median)
    };
    let references: Vec<(&str, f64)> =
        REFERENCES.iter().filter_map(|&name| Some((name, median(name)?))).collect();
    let titles: Vec<String> = references.iter().map(|(name, _)| format!("× {name}")).collect();
    let mut heading = vec!["", "median ms", "min", "max", "CPU ms", "peak MB"];
    heading.extend(titles.iter().map(String::as_str));
    let mut table = Table::new(&heading);
    for one in series {
        let Some(row) = row(&one.name, samples(one), &references) else { continue };
        table.push(row);
    }
    table
}

fn row(name: &str, samples: &[Sample], references: &[(&str, f64)]) -> Option<Vec<String>> {
    let wall = wall(samples)?;
    let cpu = Summary::of(samples.iter().map(|sample| sample.cpu.as_secs_f64() * 1e3))?;
    let peak = Summary::of(samples.iter().map(|sample| sample.peak_memory as f64 / 1e6))?;
    let mut row = vec![name.to_owned()];
    row.extend([wall.median, wall.min, wall.max, cpu.median].map(|value| format!("{value:.2}")));
    row.push(format!("{:.1}", peak.max));
    let compared = references.iter().map(|(_, reference)| ratio(wall.median, *reference));
    row.extend(compared.map(|ratio| ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"))));
    Some(row)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;

    use super::*;

    fn series(name: &str, milliseconds: &[u64]) -> Series {
        let sample = |wall: &u64| Sample {
            wall: Duration::from_millis(*wall),
            cpu: Duration::from_micros(500),
            peak_memory: 1_250_000,
            exit_code: 0,
        };
        let isolated = milliseconds.iter().map(sample).collect();
        Series { name: name.to_owned(), isolated, looped: Vec::new(), outputs: Vec::new() }
    }

    #[test]
    fn everybody_is_compared_with_the_references_that_took_part() {
        let all =
            [series("floor", &[4, 3, 5]), series("corten run", &[8]), series("runc run", &[40, 80, 60])];
        expect![[r"
            |            | median ms |   min |   max | CPU ms | peak MB | × floor | × runc run |
            |------------|----------:|------:|------:|-------:|--------:|--------:|-----------:|
            | floor      |      4.00 |  3.00 |  5.00 |   0.50 |     1.2 |    1.00 |       0.07 |
            | corten run |      8.00 |  8.00 |  8.00 |   0.50 |     1.2 |    2.00 |       0.13 |
            | runc run   |     60.00 | 40.00 | 80.00 |   0.50 |     1.2 |   15.00 |       1.00 |
        "]]
        .assert_eq(&table(&all, |series| &series.isolated).to_string());
    }

    #[test]
    fn who_has_no_samples_of_this_kind_has_no_row() {
        let table = table(&[series("floor", &[4])], |series| &series.looped);
        assert_eq!(table.to_string().lines().count(), 2);
    }
}
