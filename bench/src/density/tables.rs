//! The figures as tables. Pure.

use super::figures::Figures;
use crate::statistics::Summary;
use crate::table::Table;

/// Beyond the same engine with none.
pub(super) fn use_of_machine(all: &[Figures]) -> Table {
    let mut table = Table::new(&[
        "",
        "containers",
        "processors",
        "ms a check and container",
        "memory MB",
        "kB a container",
    ]);
    for figures in all.iter().filter(|figures| figures.count > 0) {
        let Some(none) = all.iter().find(|other| other.engine == figures.engine && other.count == 0) else {
            continue;
        };
        let count = figures.count as f64;
        let processors = figures.processors - none.processors;
        let check = processors * super::crowd::INTERVAL.as_secs_f64() * 1e3 / count;
        let memory = figures.memory as f64 - none.memory as f64;
        table.push(vec![
            figures.engine.to_owned(),
            figures.count.to_string(),
            format!("{processors:.3}"),
            format!("{check:.2}"),
            format!("{:.1}", memory / 1e3),
            format!("{:.0}", memory / count),
        ]);
    }
    table
}

pub(super) fn requests(all: &[Figures]) -> Table {
    let mut table = Table::new(&["", "containers", "list, median ms", "max", "inspect, median ms", "max"]);
    for figures in all {
        let mut row = vec![figures.engine.to_owned(), figures.count.to_string()];
        for times in [&figures.list, &figures.inspect] {
            let Some(summary) = Summary::of(times.iter().copied()) else { continue };
            row.extend([summary.median, summary.max].map(|time| format!("{time:.2}")));
        }
        table.push(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_an_engine_takes_with_none_is_not_counted() {
        let of = |count, processors, memory| Figures {
            engine: "corten",
            count,
            processors,
            memory,
            list: vec![1.0, 2.0, 4.0],
            inspect: vec![0.5],
        };
        let all = [of(0, 0.1, 500_000), of(100, 0.2, 560_000)];
        expect![[r"
            |        | containers | processors | ms a check and container | memory MB | kB a container |
            |--------|-----------:|-----------:|-------------------------:|----------:|---------------:|
            | corten |        100 |      0.100 |                     5.00 |      60.0 |            600 |
        "]]
        .assert_eq(&use_of_machine(&all).to_string());
        expect![[r"
            |        | containers | list, median ms |  max | inspect, median ms |  max |
            |--------|-----------:|----------------:|-----:|-------------------:|-----:|
            | corten |          0 |            2.00 | 4.00 |               0.50 | 0.50 |
            | corten |        100 |            2.00 | 4.00 |               0.50 | 0.50 |
        "]]
        .assert_eq(&requests(&all).to_string());
    }
}
