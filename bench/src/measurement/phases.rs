//! What the floor says about itself, over all samples.
//!
//! Pure.

use crate::statistics::Summary;
use crate::table::Table;

pub(super) fn table(outputs: &[String]) -> Table {
    let samples: Vec<Vec<(f64, &str)>> = outputs.iter().map(|output| parse(output)).collect();
    let mut table = Table::new(&["phase", "median µs", "min", "max"]);
    let phases = samples.first().map_or(0, Vec::len);
    for position in 0..phases {
        let times = samples.iter().filter_map(|sample| sample.get(position)).map(|(time, _)| *time);
        if let Some(summary) = Summary::of(times) {
            table.push(row(samples[0][position].1, &summary));
        }
    }
    let totals = samples.iter().map(|sample| sample.iter().map(|(time, _)| time).sum());
    if let Some(summary) = Summary::of(totals) {
        table.push(row("all of it", &summary));
    }
    table
}

fn row(name: &str, summary: &Summary) -> Vec<String> {
    let numbers = [summary.median, summary.min, summary.max].map(|value| format!("{value:.0}"));
    [name.to_owned()].into_iter().chain(numbers).collect()
}

/// Lines of microseconds and a name.
fn parse(output: &str) -> Vec<(f64, &str)> {
    let line = |line| str::split_once(line, '\t').and_then(|(time, name)| Some((time.parse().ok()?, name)));
    output.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_total_is_of_samples_and_not_of_medians() {
        let outputs =
            ["10\tclone\n1\texec\n", "20\tclone\n9\texec\n", "60\tclone\n2\texec\n"].map(str::to_owned);
        expect![[r"
            | phase     | median µs | min | max |
            |-----------|----------:|----:|----:|
            | clone     |        20 |  10 |  60 |
            | exec      |         2 |   1 |   9 |
            | all of it |        29 |  11 |  62 |
        "]]
        .assert_eq(&table(&outputs).to_string());
    }
}
