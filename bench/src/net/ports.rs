//! How long it takes to publish many ports, and to withdraw them.

use serde::Serialize;

use crate::contender::{Bridged, Skipped};
use crate::error::Result;
use crate::race::Crew;
use crate::runner::Guest;
use crate::statistics::{Summary, ratio};
use crate::table::Table;
use crate::workshop::PAYLOAD;

/// The first one of the host, which the container serves. All are below those that the kernel gives to clients: a connection that is over
/// holds such a port for a minute.
const FIRST: u32 = 10_000;

/// How many. dockerd starts two processes for each: of ten thousand, it would take the whole machine.
const COUNTS: [u32; 3] = [0, 200, 10_000];
const MOST_OF_DOCKER: u32 = 200;

/// One start and one removal, in milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Publishing {
    who: &'static str,
    ports: u32,
    publish: f64,
    withdraw: f64,
}

/// Everybody's as often as that. Who fails is left out from there on, with the reason.
pub(super) fn measure(
    engine: &Bridged,
    crew: &mut Crew,
    rounds: usize,
    skipped: &mut Vec<Skipped>,
) -> Vec<Publishing> {
    let mut done = Vec::new();
    for ports in COUNTS {
        let name = format!("{}, {ports} ports", engine.name);
        if engine.guest == Guest::Docker && ports > MOST_OF_DOCKER {
            let reason = "two processes for each port".to_owned();
            skipped.push(Skipped { name, reason });
            continue;
        }
        for _ in 0..rounds {
            match once(engine, crew, ports) {
                Ok(one) => done.push(one),
                Err(error) => {
                    skipped.push(Skipped { name, reason: error.to_string() });
                    return done;
                }
            }
        }
    }
    done
}

fn once(engine: &Bridged, crew: &mut Crew, ports: u32) -> Result<Publishing> {
    let range = format!("{FIRST}-{}", FIRST + ports.saturating_sub(1));
    let publish = ["--publish".to_owned(), format!("{range}:{range}")];
    let flags = if ports == 0 { &[][..] } else { &publish };
    let started = engine.start(crew, "many", flags, &[PAYLOAD, "serve", &FIRST.to_string()]);
    let removed = engine.remove(crew, "many");
    let milliseconds = |sample: crate::order::Sample| sample.wall.as_secs_f64() * 1e3;
    Ok(Publishing {
        who: engine.name,
        ports,
        publish: milliseconds(started?),
        withdraw: milliseconds(removed?),
    })
}

/// Medians, and what one port costs beyond a start without any.
pub(super) fn table(all: &[Publishing]) -> Table {
    let heading = ["", "ports", "run, ms", "µs a port", "rm, ms", "µs a port"];
    let mut table = Table::new(&heading);
    let mut rows: Vec<(&str, u32)> = all.iter().map(|one| (one.who, one.ports)).collect();
    rows.dedup();
    for (who, ports) in rows {
        let median = |ports: u32, of: fn(&Publishing) -> f64| {
            let some = all.iter().filter(|one| one.who == who && one.ports == ports);
            Summary::of(some.map(of)).map_or(0.0, |summary| summary.median)
        };
        let columns = [|one: &Publishing| one.publish, |one: &Publishing| one.withdraw].map(
            |of: fn(&Publishing) -> f64| {
                let (time, none) = (median(ports, of), median(0, of));
                let each = ratio((time - none) * 1e3, f64::from(ports));
                [format!("{time:.0}"), each.map_or_else(String::new, |each| format!("{each:.0}"))]
            },
        );
        let row = [who.to_owned(), ports.to_string()].into_iter().chain(columns.into_iter().flatten());
        table.push(row.collect());
    }
    table
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_port_is_told_beyond_a_start_without_any() {
        let one = |ports, publish| Publishing { who: "corten", ports, publish, withdraw: 10.0 };
        expect![[r"
            |        | ports | run, ms | µs a port | rm, ms | µs a port |
            |--------|------:|--------:|----------:|-------:|----------:|
            | corten |     0 |      20 |           |     10 |           |
            | corten |   200 |      22 |        10 |     10 |         0 |
        "]]
        .assert_eq(&table(&[one(0, 20.0), one(200, 22.0), one(200, 22.0)]).to_string());
    }
}
