//! Two hundred containers on the bridge, half of them with a published port, that are started, copied into and out of, updated and
//! removed by four workers at once, while one command in four is killed: no two have an address at once, nothing is left behind.
//!
//! All of it happens in a network of its own, so that whatever is left there is ours.

mod watch;
mod worker;

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::json;

use super::options::Options;
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::report::{Report, Section};
use crate::site::Site;
use crate::soak::engine::Engine;
use crate::table::Table;
use crate::workshop::Workshop;
use worker::{Tally, Worker};

pub(super) const NAME: &str = "network";
const WORKERS: u64 = 4;

/// Where nobody says how many.
const CONTAINERS: u64 = 200;

pub(super) fn run(workshop: &Workshop, mut machine: Machine, options: &Options) -> Result<Report> {
    let &Options { rounds, seed, first, keep, measure } = options;
    if first != 0 || keep || measure {
        return Err(Error::Usage(format!("soak `{NAME}` knows none of `--first`, `--keep` and `--measure`")));
    }
    let containers = rounds.unwrap_or(CONTAINERS);
    let site = Site::make()?;
    let start = Instant::now();
    let (tally, looks) = site.run(|| all_of_it(workshop, &site, containers, seed))??;
    let seconds = start.elapsed().as_secs_f64();
    machine.finish();
    let (commands, struck) = tally.totals();
    Ok(Report {
        name: "soak-network".to_owned(),
        machine,
        method: format!(
            "{containers} containers on the bridge, every other with a published port, by {WORKERS} workers from seed {seed}; one \
             command in {} is killed at a random moment.",
            worker::STRIKES
        ),
        data: json!({
            "seed": seed, "containers": containers, "commands": commands, "struck": struck, "looks": looks, "seconds": seconds,
        }),
        sections: vec![Section::new("Commands", table(&tally))],
        skipped: Vec::new(),
        notes: vec![format!(
            "{struck} of {commands} commands were killed; no address was had twice in {looks} looks into all networks; after `system \
             settle`, `system check` was clean, and no port, link, table, control group, mount or process was left. {seconds:.0} s."
        )],
    })
}

fn all_of_it(workshop: &Workshop, site: &Site, containers: u64, seed: u64) -> Result<(Tally, u64)> {
    let engine = Engine::new(NAME, workshop)?;
    let worked = work(&engine, containers, seed)?;
    let found = |text: String| Error::Soak { run: NAME, finding: text };
    engine.finish()?;
    let links = site.links()?;
    if !links.is_empty() {
        return Err(found(format!("links that are left: {}", links.join(", "))));
    }
    for port in (0..WORKERS).flat_map(worker::ports) {
        TcpListener::bind(("0.0.0.0", port))
            .map_err(|error| found(format!("port {port} is held: {error}")))?;
    }
    Ok(worked)
}

/// What the workers did, and how often somebody looked for two of one address.
fn work(engine: &Engine, containers: u64, seed: u64) -> Result<(Tally, u64)> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| watch::watch(engine, &over));
        let workers: Vec<_> = (0..WORKERS)
            .map(|number| {
                let share = containers / WORKERS + u64::from(number < containers % WORKERS);
                let worker = Worker::new(engine, number, seed);
                scope.spawn(move || worker.work(share))
            })
            .collect();
        let panicked = || engine.found("a worker panicked");
        let tallies: Vec<Result<Tally>> =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(panicked()))).collect();
        over.store(true, Ordering::Relaxed);
        let looks = watch.join().unwrap_or_else(|_| Err(panicked()))?;
        let tallies: Result<Vec<Tally>> = tallies.into_iter().collect();
        Ok((tallies?.into_iter().fold(Tally::default(), Tally::and), looks))
    })
}

fn table(tally: &Tally) -> Table {
    let mut table = Table::new(&["command", "done", "killed", "refused after a kill"]);
    for (command, [done, struck, refused]) in tally.rows() {
        table.push(vec![command.to_owned(), done.to_string(), struck.to_string(), refused.to_string()]);
    }
    table
}
