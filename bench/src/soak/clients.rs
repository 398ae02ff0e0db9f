//! Two hundred clients of one daemon, each with one container after the other: created, started, its log followed, waited for, removed.
//!
//! [`run`] lets the daemon live: no request fails, and what the daemon takes does not grow. [`run_killed`] kills it again and again at
//! random moments, and every container still has its exit code and its line in the log. [`run_week`] kills what watches the containers.

mod life;
mod load;
mod look;
mod week;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::options::Options;
use super::random::Random;
use super::served::Served;
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::report::{Report, Section};
use crate::site::Site;
use crate::soak::engine::Engine;
use crate::workshop::Workshop;
use life::Answering;
use load::{CLIENTS, Load};
use look::{grown, look, table};
pub(super) use week::run as run_week;

pub(super) const NAME: &str = "clients";
pub(super) const KILLED: &str = "killed";
pub(super) const WEEK: &str = "week";

/// Where nobody says how long, or how often.
const SECONDS: u64 = 600;
const KILLS: u64 = 100;

/// The part of the time after which what the daemon takes must not grow any more.
const WARM: u32 = 5;

/// Milliseconds between two kills, at most.
const LONGEST_REIGN: u64 = 2000;

/// A daemon that stays, for `--rounds` seconds.
pub(super) fn run(workshop: &Workshop, mut machine: Machine, options: &Options) -> Result<Report> {
    let seconds = rounds(NAME, options)?.unwrap_or(SECONDS);
    let all = Duration::from_secs(seconds);
    let site = Site::make()?;
    let (lives, looks) = site.run(|| -> Result<_> {
        let engine = Engine::new(NAME, workshop)?;
        let served = Served::start(&engine)?;
        let load = Load::new(NAME, Answering::Always, served.client());
        load.work(all / WARM)?;
        let warm = look(&served, &engine)?;
        load.work(all - all / WARM)?;
        let looks = [warm, look(&served, &engine)?];
        grown(&looks).map_or(Ok(()), |text| Err(engine.found(text)))?;
        drop(served);
        engine.finish()?;
        Ok((load.lived(), looks))
    })??;
    machine.finish();
    Ok(Report {
        name: format!("soak-{NAME}"),
        machine,
        method: format!(
            "{CLIENTS} clients of one daemon for {seconds} s; every other container is on the bridge."
        ),
        data: json!({ "seconds": seconds, "lives": lives }),
        sections: vec![Section::new("The daemon, when nobody asked", table(&looks))],
        skipped: Vec::new(),
        notes: vec![format!(
            "{lives} containers, {:.1} a second: no request failed, every exit code and line was told, nothing was left.",
            lives as f64 / seconds as f64
        )],
    })
}

/// A daemon that is killed `--rounds` times.
pub(super) fn run_killed(workshop: &Workshop, mut machine: Machine, options: &Options) -> Result<Report> {
    let kills = rounds(KILLED, options)?.unwrap_or(KILLS);
    let site = Site::make()?;
    let start = Instant::now();
    let lives = site.run(|| -> Result<_> {
        let engine = Engine::new(KILLED, workshop)?;
        let served = Served::start(&engine)?;
        let load = Load::new(KILLED, Answering::NowAndThen, served.client());
        thread::scope(|scope| -> Result<()> {
            let working = scope.spawn(|| load.work_on());
            let killed = kill_often(served, &engine, kills, options.seed, load.over());
            load.stop();
            let panicked = |_| Err(engine.found("the clients panicked"));
            // The daemon that is left answers until they are done.
            working.join().unwrap_or_else(panicked)?;
            killed.map(drop)
        })?;
        engine.finish()?;
        Ok(load.lived())
    })??;
    let seconds = start.elapsed().as_secs_f64();
    machine.finish();
    Ok(Report {
        name: format!("soak-{KILLED}"),
        machine,
        method: format!(
            "{CLIENTS} clients of one daemon, which is killed {kills} times, up to {LONGEST_REIGN} ms after it answered, from seed {}. \
             Clients that heard nothing ask again.",
            options.seed
        ),
        data: json!({ "seed": options.seed, "kills": kills, "lives": lives, "seconds": seconds }),
        sections: Vec::new(),
        skipped: Vec::new(),
        notes: vec![format!(
            "{lives} containers in {seconds:.0} s: each had its exit code and its line in the log; `system check` was clean, and nothing was left."
        )],
    })
}

fn rounds(name: &str, options: &Options) -> Result<Option<u64>> {
    match options {
        Options { first: 0, keep: false, measure: false, rounds, .. } => Ok(*rounds),
        _ => Err(Error::Usage(format!("soak `{name}` knows none of `--first`, `--keep` and `--measure`"))),
    }
}

/// The last one is returned: it goes on until it is dropped.
fn kill_often<'a>(
    mut served: Served<'a>,
    engine: &'a Engine,
    kills: u64,
    seed: u64,
    over: &AtomicBool,
) -> Result<Served<'a>> {
    let mut random = Random::new(seed);
    for _ in 0..kills {
        if over.load(Ordering::Relaxed) {
            return Err(engine.found("the clients ended before"));
        }
        thread::sleep(Duration::from_millis(random.below(LONGEST_REIGN)));
        served.kill();
        served = Served::start(engine)?;
    }
    Ok(served)
}
