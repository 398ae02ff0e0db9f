//! One round: a command under a strike, at times beside another, and a look at what is there afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::thread;

use super::deed::{Deed, KINDS};
use super::goods::{Goods, Image};
use super::inspection;
use super::received::Received;
use super::world::{Effects, World};
use crate::crash::engine::{self, Result, succeed};
use crate::crash::random::Random;
use crate::crash::reasons;
use crate::crash::tally::Tally;
use crate::fault::{self, Fault, Strike, Struck, Victim};
use crate::{Corten, Outcome};

/// What may run beside a command that is struck; it has to succeed.
const COMPANIONS: [&str; 7] = ["pull", "pull", "load", "import", "tag", "save", "run"];

/// The same beside a pruning: nothing that needs what might go.
const BESIDE_PRUNING: [&str; 3] = ["pull", "load", "import"];

/// Rounds with one engine.
pub(in crate::crash) struct Episode<'a> {
    corten: &'a Corten,
    goods: &'a Goods,
    random: Random,
    world: World,
    tally: &'a mut Tally,
}

/// What is done in a round.
struct Round {
    number: u64,
    kind: &'static str,
    deed: Deed,
    strike: Option<Strike>,
    beside: Option<Deed>,
}

impl<'a> Episode<'a> {
    pub(in crate::crash) fn new(
        corten: &'a Corten,
        goods: &'a Goods,
        random: Random,
        tally: &'a mut Tally,
    ) -> Episode<'a> {
        Episode { corten, goods, random, world: World::default(), tally }
    }

    pub(in crate::crash) fn run(mut self, rounds: Range<u64>) -> Result<()> {
        for number in rounds.clone() {
            self.round(number)?;
        }
        self.finish().map_err(|error| format!("after round {}: {error}", rounds.end))
    }

    fn round(&mut self, number: u64) -> Result<()> {
        let round = self.draw(number);
        let before = Received::look(self.corten);
        let mut effects = round.deed.effects(&self.world, self.goods);
        let beside_effects = round.beside.as_ref().map(|deed| deed.effects(&self.world, self.goods));
        if round.deed == Deed::Prune {
            // It takes what comes before it.
            let arrived = beside_effects.iter().flat_map(|effects| effects.images.keys());
            effects.images.extend(arrived.map(|name| (name.clone(), None)));
        }
        let (struck, companion) = self.perform(&round)?;
        let described = round.describe(self.goods, &struck);
        let looked = || {
            said(&struck, companion.as_ref())?;
            if struck.code != 0 || struck.hit.is_some() {
                succeed(self.corten, &["system", "settle"])?;
            }
            engine::check(self.corten)?;
            self.received(&round, &before)?;
            self.saved(&round, &struck)?;
            self.pushed(&round, &struck)?;
            let unsaid = self.reconcile(round.is_done(&struck), effects, beside_effects)?;
            self.look_at_some(&round)?;
            Ok(unsaid)
        };
        let unsaid = looked().map_err(|error: String| format!("{described}: {error}"))?;
        let count = self.tally.commands.entry(round.kind).or_default();
        count.rounds += 1;
        count.struck += u64::from(struck.hit.is_some());
        count.done += u64::from(struck.code == 0);
        count.done_unsaid += u64::from(unsaid);
        count.accompanied += u64::from(round.beside.is_some());
        count.most_calls = count.most_calls.max(struck.calls.of(Fault::Kill));
        Ok(())
    }

    fn draw(&mut self, number: u64) -> Round {
        let (kind, deed, calls) = loop {
            let (kind, calls) = KINDS[self.random.below(KINDS.len() as u64) as usize];
            let scene = (&self.world, self.goods);
            if let Some(deed) = Deed::draw(kind, &mut self.random, scene, number, &BTreeSet::new()) {
                break (kind, deed, calls);
            }
        };
        // One in four goes undisturbed, so that there is something to lose; without containers, half of those that make one.
        let is_needed = kind == "run" && self.world.containers.is_empty();
        let struck = self.random.below(4) > if is_needed { 1 } else { 0 };
        let fault = Fault::ALL[self.random.below(Fault::ALL.len() as u64) as usize];
        // What is done already makes fewer calls.
        let calls = if self.random.below(3) == 0 { calls / 4 } else { calls };
        let step = 1 + self.random.below(calls);
        let beside = (self.random.below(4) == 0).then(|| {
            let kinds = if deed == Deed::Prune { &BESIDE_PRUNING[..] } else { &COMPANIONS[..] };
            let kind = self.random.pick(kinds)?;
            let taken = deed.touches(self.goods);
            let scene = (&self.world, self.goods);
            // A number that no round has.
            Deed::draw(kind, &mut self.random, scene, number + 1_000_000, &taken)
        });
        Round {
            number,
            kind,
            deed,
            strike: struck.then_some(Strike { fault, step, victim: Victim::Any }),
            beside: beside.flatten(),
        }
    }

    fn perform(&self, round: &Round) -> Result<(Struck, Option<Outcome>)> {
        let scratch = self.corten.root().scratch();
        let output = |name: &str| scratch.join("saved").join(name);
        fs::create_dir_all(scratch.join("saved")).map_err(|error| error.to_string())?;
        let arguments = round.deed.arguments(self.goods, &output("struck.tar"));
        let beside = round.beside.as_ref().map(|deed| deed.arguments(self.goods, &output("beside.tar")));
        let (corten, command) = (self.corten, self.corten.command(&arguments));
        let (struck, companion) = thread::scope(|scope| {
            let companion = beside.map(|arguments| scope.spawn(move || corten.run(&arguments)));
            let struck = fault::run(&command, scratch, round.strike);
            (struck, companion.and_then(|companion| companion.join().ok()))
        });
        Ok((struck.map_err(|error| format!("cannot watch a command: {error}"))?, companion))
    }

    /// What had arrived was not asked for again, unless it was taken away meanwhile.
    fn received(&self, round: &Round, before: &Received) -> Result<()> {
        let takes_away = matches!(round.deed, Deed::Prune | Deed::Remove { .. });
        for good in &self.goods.images {
            let requests = good.registry.as_ref().map(crate::Registry::blob_requests).unwrap_or_default();
            if !takes_away {
                before.compare(&requests)?;
            }
        }
        Ok(())
    }

    /// An archive is whole or not there.
    fn saved(&self, round: &Round, struck: &Struck) -> Result<()> {
        let directory = self.corten.root().scratch().join("saved");
        for (deed, file, done) in
            [(Some(&round.deed), "struck.tar", struck.code == 0), (round.beside.as_ref(), "beside.tar", true)]
        {
            let Some(Deed::Save { name }) = deed else { continue };
            match fs::read(directory.join(file)) {
                Ok(bytes) => inspection::archive(name, &bytes, &self.world.images[name])?,
                Err(error) if done => return Err(format!("there is no archive: {error}")),
                Err(_) => {}
            }
        }
        let killed = round.strike.is_some_and(|strike| strike.fault.kills());
        let left = engine::names(&directory).into_iter().filter(|name| !name.ends_with(".tar"));
        let left: Vec<String> = left.collect();
        fs::remove_dir_all(&directory).map_err(|error| error.to_string())?;
        if left.is_empty() || killed { Ok(()) } else { Err(format!("left beside the archive: {left:?}")) }
    }

    /// What was pushed is in the registry, whole.
    fn pushed(&self, round: &Round, struck: &Struck) -> Result<()> {
        match &round.deed {
            Deed::Push { name } if struck.code == 0 => {
                inspection::registry(&self.goods.sink, name, &self.world.images[name])
            }
            _ => Ok(()),
        }
    }

    /// What is there has to be what was, or what the commands make of it; whether the struck one was done without saying so.
    fn reconcile(&mut self, done: bool, effects: Effects, beside: Option<Effects>) -> Result<bool> {
        let beside = beside.unwrap_or_default();
        let mut listed = engine::images(self.corten)?;
        let names: BTreeSet<String> = self
            .world
            .images
            .keys()
            .chain(effects.images.keys())
            .chain(beside.images.keys())
            .cloned()
            .collect();
        let mut unsaid = false;
        let mut images = BTreeMap::new();
        for name in names {
            let (old, new) = (self.world.images.get(&name), effects.images.get(&name));
            let added = beside.images.get(&name).map(Option::as_ref);
            let id = listed.remove(&name);
            let mut allowed: Vec<Option<&Image>> = match (new, done) {
                (Some(new), true) => vec![new.as_ref()],
                (Some(new), false) => vec![old, new.as_ref()],
                (None, _) => vec![old],
            };
            match (new, added) {
                (None, Some(added)) => allowed = vec![added],
                // A pruning comes before it or after.
                (Some(_), Some(added)) => allowed.push(added),
                (_, None) => {}
            }
            let found = allowed.into_iter().find(|image| is_it(*image, id.as_deref()));
            let found =
                found.ok_or_else(|| format!("`{name}` is {}", id.as_deref().unwrap_or("not there")))?;
            unsaid |= !done && new.is_some_and(|new| new.as_ref() == found && found != old);
            images.extend(found.map(|image| (name, Image { id, ..image.clone() })));
        }
        if let Some((name, id)) = listed.pop_first() {
            return Err(format!("`{name}` is there, as {id}"));
        }
        self.world.images = images;
        self.containers(done, effects, beside)?;
        Ok(unsaid)
    }

    fn containers(&mut self, done: bool, effects: Effects, beside: Effects) -> Result<()> {
        let mut there = inspection::containers(self.corten)?;
        let sure = beside.containers.into_iter().map(|(name, container)| (name, container, true));
        let unsure = effects.containers.into_iter().map(|(name, container)| (name, container, done));
        for (name, container, done) in sure.chain(unsure) {
            match container {
                Some(container) if done => drop(self.world.containers.insert(name, container)),
                // As far as it came; it was not promised.
                Some(_) if there.remove(&name).is_some() => {
                    succeed(self.corten, &["rm", "--force", &name])?;
                }
                None if done || !there.contains_key(&name) => drop(self.world.containers.remove(&name)),
                Some(_) | None => {}
            }
        }
        for name in self.world.containers.keys() {
            match there.remove(name).as_deref() {
                Some("exited 0") => {}
                state => return Err(format!("container `{name}` is {}", state.unwrap_or("not there"))),
            }
        }
        match there.pop_first() {
            Some((name, state)) => Err(format!("there is a container `{name}`, which is {state}")),
            None => Ok(()),
        }
    }

    /// At what was touched, and one more thing.
    fn look_at_some(&mut self, round: &Round) -> Result<()> {
        let mut names: BTreeSet<String> = round.touches(self.goods);
        let all: Vec<String> = self.world.images.keys().cloned().collect();
        names.extend(self.random.pick(&all).cloned());
        for name in names {
            if let Some(image) = self.world.images.get(&name) {
                inspection::image(self.corten, &name, image)?;
            }
            if let Some(container) = self.world.containers.get(&name) {
                inspection::container(self.corten, &name, container)?;
            }
        }
        Ok(())
    }

    /// All that was promised is there; and once it is removed, nothing.
    fn finish(self) -> Result<()> {
        inspection::everything(self.corten, &self.world)?;
        let containers: Vec<&str> = self.world.containers.keys().map(String::as_str).collect();
        if !containers.is_empty() {
            succeed(self.corten, &[&["rm"], containers.as_slice()].concat())?;
        }
        succeed(self.corten, &["image", "prune", "--all", "--force"])?;
        succeed(self.corten, &["system", "settle"])?;
        engine::check(self.corten)?;
        engine::emptiness(self.corten)
    }
}

impl Round {
    fn touches(&self, goods: &Goods) -> BTreeSet<String> {
        let beside = self.beside.as_ref().map(|deed| deed.touches(goods)).unwrap_or_default();
        self.deed.touches(goods).into_iter().chain(beside).collect()
    }

    /// Whether what it was to do has been promised. How a container ended cannot be, once the disk refuses to hear of it.
    fn is_done(&self, struck: &Struck) -> bool {
        let is_unwritten = struck.hit.as_ref().is_some_and(|hit| hit.contains("/journal`"));
        struck.code == 0 && !is_unwritten
    }

    fn describe(&self, goods: &Goods, struck: &Struck) -> String {
        let typed = |deed: &Deed| deed.arguments(goods, "saved.tar".as_ref()).join(" ");
        let fault = self.strike.map(|strike| format!(", {:?} from call {}", strike.fault, strike.step));
        let hit = struck.hit.as_ref().map(|hit| format!(", struck at {hit}"));
        let beside = self.beside.as_ref().map(|deed| format!(", beside `corten {}`", typed(deed)));
        let parts = [fault, hit, beside].map(Option::unwrap_or_default).concat();
        let (code, errors) = (struck.code, struck.stderr.trim());
        let ended = format!("ended with {code}: {errors}");
        format!("round {}: `corten {}`{parts}\n{ended}\n", self.number, typed(&self.deed))
    }
}

/// Whether an image under a name is the one that is meant; one whose id nobody knows is any.
fn is_it(image: Option<&Image>, listed: Option<&str>) -> bool {
    match (image, listed) {
        (None, None) => true,
        (Some(image), Some(listed)) => image.id.as_deref().is_none_or(|id| id == listed),
        _ => false,
    }
}

/// A command that fails says why, and so does none that is not struck.
fn said(struck: &Struck, companion: Option<&Outcome>) -> Result<()> {
    match companion.filter(|companion| companion.code != 0) {
        Some(failed) => {
            let text = failed.stderr();
            Err(format!("`{}` beside it ended with {}: {text}", failed.command, failed.code))
        }
        None => reasons::said(struck),
    }
}
