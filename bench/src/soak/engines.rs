//! Two engines work on the same fifty containers for a minute, each as if it were alone.
//!
//! Whatever one does, the other may have done, undone or be about to do: commands may fail for that, and for nothing else. In the end
//! records and machine agree, no upper directory was mounted twice at once, and every event is there for who looks later and was
//! there for who looked on.

mod events;
mod upper;
mod worker;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::error::Result;
use crate::machine::Machine;
use crate::report::{Report, Section};
use crate::soak::engine::Engine;
use crate::table::Table;
use crate::workshop::Workshop;
use events::{Counts, Follower};
use worker::Tally;

const NAME: &str = "engines";
const CONTAINERS: u64 = 50;
const ENGINES: u64 = 2;
const DURATION: Duration = Duration::from_secs(60);

pub(super) fn run(workshop: &Workshop, mut machine: Machine) -> Result<Report> {
    let engine = Engine::new(NAME, workshop)?;
    let follower = Follower::start(&engine)?;
    let kernel = upper::KernelLog::open();
    let (tally, looks) = work(&engine)?;
    engine.remove_all()?;
    engine.run(&["system", "settle"])?;
    let history = events::history(&engine)?;
    let seen = follower.finish(&engine, &history)?;
    let findings = [events::compare(&history, &seen, &tally), kernel.complaints()].concat();
    if !findings.is_empty() {
        return Err(engine.found(findings.join("\n")));
    }
    engine.finish()?;
    machine.finish();
    Ok(report(machine, &tally, &history, looks))
}

/// What the workers did, and how often somebody looked for two mounts of one directory.
fn work(engine: &Engine) -> Result<(Tally, u64)> {
    let deadline = Instant::now() + DURATION;
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| upper::watch(engine, &over));
        let workers: Vec<_> = (1..=ENGINES)
            .map(|seed| scope.spawn(move || worker::work(engine, seed, CONTAINERS, deadline)))
            .collect();
        let panicked = || engine.found("a worker panicked");
        let tallies: Result<Vec<Tally>> =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(panicked()))).collect();
        over.store(true, Ordering::Relaxed);
        let looks = watch.join().unwrap_or_else(|_| Err(panicked()))?;
        Ok((tallies?.into_iter().fold(Tally::default(), Tally::and), looks))
    })
}

fn report(machine: Machine, tally: &Tally, history: &[String], looks: u64) -> Report {
    let mut table = Table::new(&["command", "done", "refused: the other was first"]);
    for (command, done, refused) in tally.rows() {
        table.push(vec![command.to_owned(), done.to_string(), refused.to_string()]);
    }
    let events = history.len();
    Report {
        name: "soak-engines".to_owned(),
        machine,
        method: format!(
            "{ENGINES} engines start, stop, execute in and remove the same {CONTAINERS} containers for {} s.",
            DURATION.as_secs()
        ),
        data: json!({ "events": Counts::of(history).0, "mount_tables_looked_at": looks }),
        sections: vec![Section::new("Commands", table)],
        skipped: Vec::new(),
        notes: vec![format!(
            "{events} events, the same for who followed and for who asked later; no upper directory mounted twice in {looks} looks at \
             all mount tables, nor in the kernel's log; `system check` is clean."
        )],
    }
}
