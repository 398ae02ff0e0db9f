//! The tables of loads.
//!
//! Pure.

use super::load::{CASES, Case, Cell, Figure, Kind, WAYS, Way};
use crate::statistics::{Summary, ratio};
use crate::table::Table;

/// Everybody is held against it.
const BASE: &str = "loopback";

/// Ourselves, and those whom we want to be no slower than.
const OURS: &str = "corten";
const OTHERS: [&str; 2] = ["docker", "podman"];

/// We want to be at least so fast as others; less than this is noise.
const GOAL: f64 = 0.95;

/// One load: a row for everybody, a column for each way, medians.
pub(super) fn case(cells: &[Cell], case: Case) -> Table {
    let titles: Vec<String> =
        WAYS.iter().flat_map(|way| [way.title().to_owned(), "× base".to_owned()]).collect();
    let mut heading = vec![""];
    heading.extend(titles.iter().map(String::as_str));
    let mut table = Table::new(&heading);
    let mut names: Vec<&str> = cells.iter().map(|cell| cell.who).collect();
    // In the order in which they were first measured.
    let all = names.clone();
    let mut place = 0;
    names.retain(|name| {
        place += 1;
        !all[..place - 1].contains(name)
    });
    for name in names {
        let columns = WAYS.iter().flat_map(|way| {
            let figures = find(cells, name, *way, case);
            let compared = rate(figures).zip(rate(find(cells, BASE, *way, case)));
            let compared = compared.and_then(|(own, base)| ratio(own, base));
            [shown(figures, case), compared.map_or_else(String::new, |ratio| format!("{ratio:.2}"))]
        });
        let row = [name.to_owned()].into_iter().chain(columns).collect();
        table.push(row);
    }
    table
}

/// Ourselves as multiples of the others.
pub(super) fn compared(cells: &[Cell]) -> Table {
    let mut heading = vec!["ratio of medians", "goal"];
    for way in &WAYS {
        heading.extend([way.title(), ""]);
    }
    let mut table = Table::new(&heading);
    for case in CASES {
        for other in OTHERS {
            let mut row = vec![
                format!("{:?} × {}: {OURS} / {other}", case.kind, case.connections),
                format!("≥ {GOAL:.2}"),
            ];
            for way in WAYS {
                let both = rate(find(cells, OURS, way, case)).zip(rate(find(cells, other, way, case)));
                let ratio = both.and_then(|(own, other)| ratio(own, other));
                row.push(ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")));
                row.push(ratio.map_or("", |ratio| if ratio >= GOAL { "yes" } else { "no" }).to_owned());
            }
            table.push(row);
        }
    }
    table
}

fn find<'a>(cells: &'a [Cell], who: &str, way: Way, case: Case) -> &'a [Figure] {
    let cell = cells.iter().find(|cell| cell.who == who && cell.way == way && cell.case == case);
    cell.map_or(&[], |cell| &cell.figures)
}

fn rate(figures: &[Figure]) -> Option<f64> {
    Summary::of(figures.iter().map(|figure| figure.rate)).map(|summary| summary.median)
}

fn shown(figures: &[Figure], case: Case) -> String {
    let Some(rate) = rate(figures) else { return "–".to_owned() };
    if case.kind == Kind::Stream {
        return format!("{:.1}", rate * 8.0 / 1e9);
    }
    let time = |of: fn(&Figure) -> u64| Summary::of(figures.iter().map(|figure| of(figure) as f64 / 1e3));
    let times = [time(|figure| figure.median), time(|figure| figure.percentile_99)];
    let [median, most] = times.map(|time| time.map_or(0.0, |time| time.median));
    format!("{:.1} ({median:.0}/{most:.0})", rate / 1e3)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn cell(who: &'static str, way: Way, case: Case, rates: &[f64]) -> Cell {
        let figure = |rate: &f64| Figure { rate: *rate, median: 12_000, percentile_99: 31_000 };
        Cell { who, way, case, figures: rates.iter().map(figure).collect() }
    }

    #[test]
    fn everybody_is_told_by_every_way_that_leads_to_them() {
        let exchange = CASES[2];
        let cells = [
            cell(BASE, Way::Loopback, exchange, &[50_000.0, 40_000.0, 60_000.0]),
            cell(OURS, Way::Loopback, exchange, &[25_000.0]),
            cell(OURS, Way::Container, exchange, &[20_000.0]),
        ];
        expect![[r"
            |          |    127.0.0.1 | × base | [::1] | × base | own address | × base | outside | × base |    container | × base |
            |----------|-------------:|-------:|------:|-------:|------------:|-------:|--------:|-------:|-------------:|-------:|
            | loopback | 50.0 (12/31) |   1.00 |     – |        |           – |        |       – |        |            – |        |
            | corten   | 25.0 (12/31) |   0.50 |     – |        |           – |        |       – |        | 20.0 (12/31) |        |
        "]]
        .assert_eq(&case(&cells, exchange).to_string());
    }

    #[test]
    fn we_are_held_against_the_others_where_both_are_reached() {
        let stream = CASES[0];
        let cells = [
            cell(OURS, Way::Own, stream, &[2e9]),
            cell("docker", Way::Own, stream, &[1e9]),
            cell(OURS, Way::Outside, stream, &[2e9]),
        ];
        let text = compared(&cells).to_string();
        let row = text.lines().find(|line| line.contains("Stream × 1: corten / docker")).unwrap();
        assert!(row.contains("2.00 | yes"), "{row}");
        assert_eq!(row.matches("yes").count() + row.matches("no").count(), 1, "{row}");
    }
}
