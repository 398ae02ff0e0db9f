//! Two hundred clients of one daemon, each with one container after the other: created, started, its log followed, waited for, removed.
//!
//! [`run`] lets the daemon live: no request fails, and what the daemon takes does not grow. [`run_killed`] kills it again and again at
//! random moments, and every container still has its exit code and its line in the log.

mod life;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use corten_api_client::Client;
use corten_testkit::host::Snapshot;
use serde_json::json;
use tokio::task::{JoinSet, LocalSet};

use super::options::Options;
use super::random::Random;
use super::served::{Served, Taken};
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::report::{Report, Section};
use crate::site::Site;
use crate::soak::engine::Engine;
use crate::table::Table;
use crate::workshop::Workshop;
use life::{Answering, Life};

pub(super) const NAME: &str = "clients";
pub(super) const KILLED: &str = "killed";

const CLIENTS: u64 = 200;

/// Where nobody says how long, or how often.
const SECONDS: u64 = 600;
const KILLS: u64 = 100;

/// The part of the time after which what the daemon takes must not grow any more.
const WARM: u32 = 5;

/// Milliseconds between two kills, at most.
const LONGEST_REIGN: u64 = 2000;

/// How long the daemon is left alone before it is looked at: longer than its threads and memory wait for the next rush.
const REST: Duration = Duration::from_secs(15);

/// Containers end with a code below this.
const EXIT_CODES: u64 = 100;

/// How much more memory, in kB, is no growth: allocators give back late.
const SLACK: u64 = 4096;

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
        let warm = look(&served);
        load.work(all - all / WARM)?;
        let looks = [warm, look(&served)];
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
            let killed = kill_often(served, &engine, kills, options.seed, &load.progress.over);
            load.progress.over.store(true, Ordering::Relaxed);
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
        Options { first: 0, keep: false, rounds, .. } => Ok(*rounds),
        _ => Err(Error::Usage(format!("soak `{name}` knows neither `--first` nor `--keep`"))),
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

/// The clients and what they have done.
struct Load {
    run: &'static str,
    answering: Answering,
    client: Client,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct Progress {
    /// Begun in all: numbers make names that were never used before.
    begun: AtomicU64,
    lived: AtomicU64,
    /// No new lives are begun.
    over: AtomicBool,
}

impl Load {
    fn new(run: &'static str, answering: Answering, client: Client) -> Load {
        Load { run, answering, client, progress: Arc::default() }
    }

    /// For so long; lives that have begun are lived to their end.
    fn work(&self, duration: Duration) -> Result<()> {
        self.progress.over.store(false, Ordering::Relaxed);
        thread::scope(|scope| {
            let working = scope.spawn(|| self.work_on());
            let deadline = Instant::now() + duration;
            while Instant::now() < deadline && !working.is_finished() {
                thread::sleep(Duration::from_millis(100));
            }
            self.progress.over.store(true, Ordering::Relaxed);
            working.join().unwrap_or_else(|_| Err(self.found("the clients panicked".to_owned())))
        })
    }

    /// Until it is over, or something is wrong.
    fn work_on(&self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| self.found(error.to_string()))?;
        let worked = LocalSet::new().block_on(&runtime, async {
            let mut clients = JoinSet::new();
            for _ in 0..CLIENTS {
                clients.spawn_local(live_on(self.client.clone(), self.answering, self.progress.clone()));
            }
            while let Some(ended) = clients.join_next().await {
                ended.map_err(|error| error.to_string()).flatten()?;
            }
            Ok(())
        });
        self.progress.over.store(true, Ordering::Relaxed);
        worked.map_err(|text| self.found(text))
    }

    fn lived(&self) -> u64 {
        self.progress.lived.load(Ordering::Relaxed)
    }

    fn found(&self, finding: String) -> Error {
        Error::Soak { run: self.run, finding }
    }
}

/// One client.
async fn live_on(
    client: Client,
    answering: Answering,
    progress: Arc<Progress>,
) -> std::result::Result<(), String> {
    while !progress.over.load(Ordering::Relaxed) {
        let number = progress.begun.fetch_add(1, Ordering::Relaxed);
        let network = if number.is_multiple_of(2) { "none" } else { "bridge" };
        let exit_code = i64::try_from(number % EXIT_CODES).unwrap_or_default();
        let life = Life { name: format!("life-{number}"), network, exit_code };
        life.live(&client, answering).await?;
        progress.lived.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// What the daemon takes when it has had some time for itself.
fn look(served: &Served<'_>) -> Look {
    thread::sleep(REST);
    let snapshot = Snapshot::take();
    Look { taken: served.taken(), kernel: snapshot.beyond(&Snapshot::default()).len() }
}

/// See [`look`].
#[derive(Debug, Clone, Copy)]
struct Look {
    taken: Taken,
    /// Mounts, links, control groups and processes of the whole machine.
    kernel: usize,
}

/// What has grown, if anything.
fn grown([warm, end]: &[Look; 2]) -> Option<String> {
    let pairs = [
        ("memory, kB", warm.taken.memory + SLACK, end.taken.memory),
        ("descriptors", warm.taken.descriptors as u64, end.taken.descriptors as u64),
        ("threads", warm.taken.threads as u64, end.taken.threads as u64),
    ];
    let grown = pairs.iter().find(|(_, allowed, is)| is > allowed);
    grown.map(|(what, allowed, is)| format!("the daemon grows: {what} {is}, not {allowed} at most"))
}

fn table(looks: &[Look; 2]) -> Table {
    let mut table = Table::new(&["", "memory, kB", "descriptors", "threads", "objects of the kernel"]);
    for (when, look) in ["after a fifth of the time", "in the end"].iter().zip(looks) {
        let Look { taken, kernel } = look;
        let figures = [taken.memory, taken.descriptors as u64, taken.threads as u64, *kernel as u64];
        table.push([(*when).to_owned()].into_iter().chain(figures.map(|it| it.to_string())).collect());
    }
    table
}
