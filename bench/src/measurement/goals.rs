//! What we want to reach, as ratios of the same run, and whether we do.
//!
//! Absolute times do not carry over from one machine to another; ratios do.

use crate::order::Sample;
use crate::race::Series;
use crate::statistics::ratio;
use crate::table::Table;

use super::wall;

/// `subject` may take at most `limit` times as long as `reference`.
struct Goal {
    subject: &'static str,
    reference: &'static str,
    limit: f64,
}

const fn goal(subject: &'static str, reference: &'static str, limit: f64) -> Goal {
    Goal { subject, reference, limit }
}

const TIMING: [Goal; 9] = [
    goal("corten runtime run", "bundle floor", 1.5),
    goal("corten runtime run", "crun run", 0.3),
    goal("corten runtime run", "runc run", 0.1),
    goal("corten run", "podman run", 0.2),
    goal("corten run, bridge", "corten run", 1.2),
    goal("corten run, bridge", "podman run, bridge", 0.2),
    goal("corten run, bridge", "docker run, bridge", 0.1),
    goal("corten exec", "podman exec", 0.2),
    goal("corten exec", "docker exec", 0.1),
];

const LONG: [Goal; 3] = [
    goal("corten pull", "gunzip, tar", 0.8),
    goal("corten pull", "docker pull", 0.6),
    goal("corten push", "docker push", 0.6),
];

/// At least three times the throughput, and ten times.
const THROUGHPUT: [Goal; 2] =
    [goal("corten write", "podman write", 1.0 / 3.0), goal("corten read", "podman read", 1.0 / 10.0)];

pub(super) fn timing(series: &[Series]) -> Table {
    let mut table = Table::new(&["ratio of medians", "goal", "isolated", "", "loop", ""]);
    for goal in TIMING {
        let isolated = reached(&goal, series, |series| &series.isolated);
        let looped = reached(&goal, series, |series| &series.looped);
        if isolated.is_some() || looped.is_some() {
            let row = row(&goal, [isolated, looped]);
            table.push(row);
        }
    }
    table
}

pub(super) fn throughput(series: &[Series]) -> Table {
    once(&THROUGHPUT, series)
}

/// Of what takes so long that it is not repeated in a loop.
pub(super) fn long(series: &[Series]) -> Table {
    once(&LONG, series)
}

fn once(goals: &[Goal], series: &[Series]) -> Table {
    let mut table = Table::new(&["ratio of medians", "goal", "time", ""]);
    for goal in goals {
        if let Some(reached) = reached(goal, series, |series| &series.isolated) {
            table.push(row(goal, [Some(reached)]));
        }
    }
    table
}

fn row<const N: usize>(goal: &Goal, reached: [Option<f64>; N]) -> Vec<String> {
    let mut row = vec![format!("{} / {}", goal.subject, goal.reference), format!("≤ {:.2}", goal.limit)];
    for ratio in reached {
        row.push(ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")));
        row.push(ratio.map_or("", |ratio| if ratio <= goal.limit { "yes" } else { "no" }).to_owned());
    }
    row
}

fn reached(goal: &Goal, series: &[Series], samples: impl Fn(&Series) -> &[Sample]) -> Option<f64> {
    let median = |name: &str| {
        let series = series.iter().find(|series| series.name == name)?;
        wall(samples(series)).map(|summary| summary.median)
    };
    ratio(median(goal.subject)?, median(goal.reference)?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;

    use super::*;

    #[test]
    fn a_goal_is_shown_where_both_took_part_and_says_whether_it_is_met() {
        let sample = |wall| Sample {
            wall: Duration::from_millis(wall),
            cpu: Duration::ZERO,
            peak_memory: 0,
            exit_code: 0,
        };
        let series = |name: &str, isolated, looped| Series {
            name: name.to_owned(),
            isolated: vec![sample(isolated)],
            looped: vec![sample(looped)],
            outputs: Vec::new(),
        };
        let all =
            [series("bundle floor", 4, 4), series("corten runtime run", 5, 8), series("podman run", 100, 90)];
        expect![[r#"
            | ratio of medians                  |   goal | isolated |     | loop |     |
            |-----------------------------------|-------:|---------:|----:|-----:|----:|
            | corten runtime run / bundle floor | ≤ 1.50 |     1.25 | yes | 2.00 |  no |
        "#]]
        .assert_eq(&timing(&all).to_string());
    }
}
