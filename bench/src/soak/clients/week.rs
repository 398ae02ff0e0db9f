//! A week of a busy machine in ten minutes: clients of a daemon that stays, while the processes that watch their containers are killed at random.
//!
//! A container whose watcher is killed may end as it likes, and can be removed; nobody else notices.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::life::Answering;
use super::load::{CLIENTS, Load};
use super::look::{grown, look, table};
use super::{WEEK, rounds};
use crate::error::Result;
use crate::machine::Machine;
use crate::report::{Report, Section};
use crate::site::Site;
use crate::soak::engine::Engine;
use crate::soak::footprint;
use crate::soak::options::Options;
use crate::soak::random::Random;
use crate::soak::served::Served;
use crate::workshop::Workshop;

/// Where nobody says how many.
const LIVES: u64 = 20_000;

/// The first so many of a hundred lives warm the daemon up.
const WARM: u64 = 20;

/// Milliseconds between two kills, at most.
const LONGEST_PEACE: u64 = 500;

/// Until `--rounds` containers have lived.
pub(in crate::soak) fn run(workshop: &Workshop, mut machine: Machine, options: &Options) -> Result<Report> {
    let lives = rounds(WEEK, options)?.unwrap_or(LIVES);
    let site = Site::make()?;
    let (load, kills, looks) = site.run(|| -> Result<_> {
        let engine = Engine::new(WEEK, workshop)?;
        let served = Served::start(&engine)?;
        let load = Load::new(WEEK, Answering::Endangered, served.client());
        let mut random = Random::new(options.seed);
        let mut kills = endanger(&load, &engine, &mut random, lives * WARM / 100)?;
        let warm = look(&served, &engine)?;
        kills += endanger(&load, &engine, &mut random, lives)?;
        let looks = [warm, look(&served, &engine)?];
        if let Some(text) = load.failures_beyond(kills).or_else(|| grown(&looks)) {
            return Err(engine.found(text));
        }
        drop(served);
        engine.finish()?;
        Ok((load, kills, looks))
    })??;
    machine.finish();
    let (lived, failed) = (load.lived(), load.failed());
    Ok(Report {
        name: format!("soak-{WEEK}"),
        machine,
        method: format!(
            "{CLIENTS} clients of one daemon; meanwhile processes of the engine other than the daemon are killed, one every {LONGEST_PEACE} ms at most, \
             from seed {}.",
            options.seed
        ),
        data: json!({ "seed": options.seed, "kills": kills, "lives": lived, "failed": failed }),
        sections: vec![Section::new("The engine, when nobody asked", table(&looks))],
        skipped: Vec::new(),
        notes: vec![format!(
            "{lived} containers lived as they should; {kills} processes were killed, and {failed} containers ended otherwise, and were removed. \
             `system check` was clean, and nothing was left."
        )],
    })
}

/// Lets clients work until so many containers have lived, and kills meanwhile; how often.
fn endanger(load: &Load, engine: &Engine, random: &mut Random, lives: u64) -> Result<u64> {
    load.resume();
    thread::scope(|scope| {
        let working = scope.spawn(|| load.work_on());
        let mut kills = 0;
        while load.lived() < lives && !load.over().load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(random.below(LONGEST_PEACE)));
            kills += u64::from(kill_one(engine, random));
        }
        load.stop();
        working.join().unwrap_or_else(|_| Err(engine.found("the clients panicked")))?;
        Ok(kills)
    })
}

/// Kills one of the processes that the engine has beside its daemon.
fn kill_one(engine: &Engine, random: &mut Random) -> bool {
    let processes = footprint::processes(engine.corten().root());
    let chosen = (!processes.is_empty()).then(|| random.below(processes.len() as u64) as usize);
    let pid = chosen.and_then(|place| Pid::from_raw(processes[place].cast_signed()));
    pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}
