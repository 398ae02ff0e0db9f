//! Five thousand commands that are killed or have a call fail at a random moment, or whose daemon or whose container's monitor is or does: nothing is lost,
//! nothing is left behind.
//!
//! What is done and looked at is the test kit's; CI runs two hundred of the same rounds.

use std::time::Instant;

use corten_testkit::crash::{self, Plan, Tally};
use corten_testkit::fault::Fault;
use corten_testkit::images;
use serde_json::json;

use super::options::Options;
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::report::{Report, Section};
use crate::table::Table;
use crate::workshop::Workshop;

pub(super) const NAME: &str = "crash";

/// Where nobody says how many.
const ROUNDS: u64 = 5000;

pub(super) fn run(workshop: &Workshop, mut machine: Machine, options: &Options) -> Result<Report> {
    let found = |finding| Error::Soak { run: NAME, finding };
    let busybox = images::static_busybox().ok_or_else(|| found("there is no static busybox".to_owned()))?;
    let &Options { rounds, seed, first, keep, measure } = options;
    let rounds = rounds.unwrap_or(ROUNDS);
    let plan =
        Plan { program: workshop.programs.corten.clone(), busybox, rounds, seed, first, keep, measure };
    let start = Instant::now();
    let tally = crash::run(&plan).map_err(|finding| found(finding.0))?;
    let seconds = start.elapsed().as_secs_f64();
    machine.finish();
    let total = tally.total();
    Ok(Report {
        name: "soak-crash".to_owned(),
        machine,
        method: format!(
            "{rounds} rounds from seed {seed}: a command on images, containers or volumes; it, its daemon, the monitor that it starts \
             or those that look after the container already are killed or have a call fail, at a random one of those that can befall; then a look at all that was acknowledged."
        ),
        data: json!({ "seed": seed, "rounds": total.rounds, "struck": total.struck, "seconds": seconds }),
        sections: vec![Section::new("Commands", table(&tally)), Section::new("Calls", reach(&tally))],
        skipped: Vec::new(),
        notes: vec![format!(
            "{} of {} commands were struck on their way{}; all that was acknowledged was there and whole, `system check` was clean each time, and \
             nothing was left. {seconds:.0} s.",
            total.struck,
            total.rounds,
            victims(&tally)
        )],
    })
}

fn table(tally: &Tally) -> Table {
    let columns =
        ["command", "rounds", "struck", "done", "done and not said", "beside another", "most calls"];
    let mut table = Table::new(&columns);
    for (name, count) in &tally.commands {
        let figures =
            [count.rounds, count.struck, count.done, count.done_unsaid, count.accompanied, count.most_calls];
        let figures = figures.iter().map(ToString::to_string);
        table.push([(*name).to_owned()].into_iter().chain(figures).collect());
    }
    table
}

/// Of rounds with containers.
fn victims(tally: &Tally) -> String {
    let victims = tally.victims.iter().map(|(victim, struck)| format!("{victim} {struck}"));
    let listed = victims.collect::<Vec<_>>().join(", ");
    if listed.is_empty() { listed } else { format!(" (with containers: {listed})") }
}

/// On average, of those that were not struck: as `ranges.rs` of the test kit has them.
fn reach(tally: &Tally) -> Table {
    let columns = ["command", "victim", "rounds", "kill", "full", "broken", "descriptors", "memory"];
    let faults = [Fault::Kill, Fault::Full, Fault::Broken, Fault::NoDescriptors, Fault::NoMemory];
    let mut table = Table::new(&columns);
    for ((kind, victim), reach) in &tally.reach {
        let calls = faults.map(|fault| reach.calls.of(fault) / reach.rounds.max(1));
        let figures = [reach.rounds].into_iter().chain(calls).map(|figure| figure.to_string());
        table.push([kind, victim].map(|&word| word.to_owned()).into_iter().chain(figures).collect());
    }
    table
}
