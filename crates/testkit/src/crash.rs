//! Nothing is lost and nothing is left behind, shown by force: images are pulled, loaded, made, saved and removed in random order, and the
//! command that does it is killed, or has a call fail, at a random moment.
//!
//! After each round a new engine has to have all that was acknowledged, whole, and nothing of what failed but the whole. An episode is
//! ten rounds with one engine; the same seed makes the same episodes, as far as threads do not race.

mod deed;
mod goods;
mod inspection;
mod random;
mod received;
mod round;
mod tally;
mod world;

use std::io;
use std::path::{Path, PathBuf};

use goods::Goods;
use random::Random;
use round::Episode;
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
    let (goods, _directory) =
        goods.map_err(|error: io::Error| Finding(format!("no images to try on: {error}")))?;
    let mut tally = Tally::default();
    let (first, last) = (plan.first / EPISODE, (plan.first + plan.rounds).div_ceil(EPISODE));
    for episode in first..last {
        let rounds = episode * EPISODE..(plan.first + plan.rounds).min((episode + 1) * EPISODE);
        let corten = Corten::new(&plan.program);
        let outcome = Episode::new(&corten, &goods, Random::new(plan.seed, episode), &mut tally).run(rounds);
        if let Err(text) = outcome {
            let place = corten.root().scratch().to_owned();
            return Err(give_up(plan, corten, &place, &text));
        }
    }
    Ok(tally)
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
