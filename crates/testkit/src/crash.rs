//! Nothing is lost and nothing is left behind, shown by force: images, containers and volumes are made, used and removed in random order, and
//! the command that does it, the daemon that serves it or the monitor that it starts is killed, or has a call fail, at a random moment.
//!
//! After each round a new engine has to have all that was acknowledged, whole, and nothing of what failed but the whole. An episode is
//! ten rounds with one engine, on images or on containers in turn; the same seed makes the same episodes, as far as threads do not race.

mod containers;
mod engine;
mod images;
mod random;
mod reasons;
mod tally;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use corten_netlink::NetworkNamespace;

use images::Goods;
use random::Random;
pub use tally::Tally;

use crate::Corten;

/// Rounds with one engine.
const EPISODE: u64 = 10;

/// What to run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The program under test.
    pub program: PathBuf,
    /// A static busybox, for containers.
    pub busybox: PathBuf,
    /// How many rounds.
    pub rounds: u64,
    /// What makes them the rounds that they are.
    pub seed: u64,
    /// The first round, for a failure to be seen again; its episode is begun from the start.
    pub first: u64,
    /// Leave the engine's files where something was found.
    pub keep: bool,
    /// Strike nobody: tell how many calls there are that a fault can befall.
    pub measure: bool,
}

/// Something that must not be, with the round and what was done in it.
#[derive(Debug)]
pub struct Finding(pub String);

/// Runs all rounds, or until something is found.
///
/// # Errors
/// [`Finding`].
pub fn run(plan: &Plan) -> Result<Tally, Finding> {
    let directory = tempfile::Builder::new().prefix("corten-crash-").tempdir();
    let goods = directory.and_then(|directory| Ok((Goods::new(directory.path(), &plan.busybox)?, directory)));
    let (goods, directory) =
        goods.map_err(|error: io::Error| Finding(format!("no images to try on: {error}")))?;
    let archive = crate::images::busybox(directory.path());
    let archive = archive.ok_or_else(|| Finding("no image to make containers of".to_owned()))?;
    let mut tally = Tally::default();
    let (first, last) = (plan.first / EPISODE, (plan.first + plan.rounds).div_ceil(EPISODE));
    for episode in first..last {
        let rounds = episode * EPISODE..(plan.first + plan.rounds).min((episode + 1) * EPISODE);
        let random = Random::new(plan.seed, episode);
        if episode % 2 == 0 && !plan.measure {
            let run = |corten: &Corten| images::Episode::new(corten, &goods, random, &mut tally).run(rounds);
            with_engine(plan, run)?;
        } else {
            on_a_network_of_its_own(plan, &archive, random, rounds, &mut tally)?;
        }
    }
    Ok(tally)
}

/// Whatever happens to links and to the firewall, happens to nobody else's.
fn on_a_network_of_its_own(
    plan: &Plan,
    archive: &Path,
    random: Random,
    rounds: Range<u64>,
    tally: &mut Tally,
) -> Result<(), Finding> {
    let failed = |error| Finding(format!("no network to try on: {error}"));
    let (network, mut route) = NetworkNamespace::create().map_err(failed)?;
    let run =
        |corten: &Corten| containers::Episode::new(corten, random, tally, plan.measure).run(rounds, archive);
    network.run(|| with_engine(plan, run)).map_err(failed)??;
    let links = route.links().map_err(failed)?.into_iter().map(|link| link.name);
    let left: Vec<String> = links.filter(|name| name != "lo").collect();
    if left.is_empty() { Ok(()) } else { Err(Finding(format!("links that are left: {left:?}"))) }
}

/// A new one, which is looked at once more when it goes.
fn with_engine(plan: &Plan, run: impl FnOnce(&Corten) -> engine::Result<()>) -> Result<(), Finding> {
    let corten = Corten::new(&plan.program);
    run(&corten).map_err(|text| {
        let place = corten.root().scratch().to_owned();
        give_up(plan, corten, &place, &text)
    })
}

fn give_up(plan: &Plan, corten: Corten, place: &Path, text: &str) -> Finding {
    let seed = plan.seed;
    if plan.keep {
        std::mem::forget(corten);
        return Finding(format!("seed {seed}, {text}\nkept in {}", place.display()));
    }
    corten.abandon();
    Finding(format!("seed {seed}, {text}"))
}
