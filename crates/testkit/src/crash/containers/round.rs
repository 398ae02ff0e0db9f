//! One round: a command, somebody who is struck, and a look at what is there afterwards.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::agreement::agree;
use super::deed::{Deed, content};
use super::draw::{IDLE_KINDS, KINDS};
use super::observation::{self, Observation};
use super::victim::{Server, Who};
use super::world::{Life, World};
use crate::Corten;
use crate::crash::engine::{self, Result, succeed};
use crate::crash::random::Random;
use crate::crash::reasons;
use crate::crash::tally::Tally;
use crate::fault::{self, Fault, Strike, Struck, Victim};

/// How long what is under way may take: a container that comes back, a line on its way to the log.
const PATIENCE: Duration = Duration::from_secs(20);

/// Rounds with one engine.
pub(in crate::crash) struct Episode<'a> {
    corten: &'a Corten,
    random: Random,
    world: World,
    tally: &'a mut Tally,
}

/// What is done in a round.
struct Round {
    number: u64,
    kind: &'static str,
    deed: Deed,
    who: Who,
    strike: Option<Strike>,
}

impl<'a> Episode<'a> {
    pub(in crate::crash) fn new(corten: &'a Corten, random: Random, tally: &'a mut Tally) -> Episode<'a> {
        Episode { corten, random, world: World::default(), tally }
    }

    /// `archive` is of the image that containers are made of.
    pub(in crate::crash) fn run(mut self, rounds: Range<u64>, archive: &Path) -> Result<()> {
        succeed(self.corten, &["load", "--input", &archive.to_string_lossy()])?;
        for number in rounds.clone() {
            self.round(number)?;
        }
        self.finish().map_err(|error| format!("after round {}: {error}", rounds.end))
    }

    fn round(&mut self, number: u64) -> Result<()> {
        let who = Who::ALL[self.random.below(Who::ALL.len() as u64) as usize];
        let server = (who == Who::Daemon).then(|| self.serve());
        let server = server.transpose().map_err(|error| format!("round {number}: daemon: {error}"))?;
        let round = self.draw(number, who);
        let struck = self.perform(&round, server).map_err(|error| format!("round {number}: {error}"))?;
        let unsaid =
            self.look(&round, &struck).map_err(|error| format!("{}: {error}", round.describe(&struck)))?;
        let count = self.tally.0.entry(round.kind).or_default();
        count.rounds += 1;
        count.struck += u64::from(struck.hit.is_some());
        count.done += u64::from(struck.code == 0);
        count.done_unsaid += u64::from(unsaid);
        count.most_steps = count.most_steps.max(struck.steps);
        Ok(())
    }

    /// A daemon, which starts what a boot would.
    fn serve(&mut self) -> Result<Server> {
        let server = Server::start(self.corten).map_err(|error| error.to_string())?;
        // By then all is started that it is about to start.
        succeed(self.corten, &["boot", "--timeout", "10s"])?;
        let booted = self.world.booted();
        self.world = self.await_agreement(&booted.each_ref())?;
        Ok(server)
    }

    fn draw(&mut self, number: u64, who: Who) -> Round {
        let kinds: Vec<(&str, u64)> = KINDS.into_iter().chain(IDLE_KINDS).collect();
        let (kind, deed, calls) = loop {
            let (kind, calls) = kinds[self.random.below(kinds.len() as u64) as usize];
            if let Some(deed) = Deed::draw(kind, &mut self.random, &self.world, number) {
                break (kind, deed, calls);
            }
        };
        // One in four goes undisturbed, so that there is something to lose.
        let is_struck = self.random.below(4) > 0;
        let fault = who.faults()[self.random.below(who.faults().len() as u64) as usize];
        let calls = if self.random.below(3) == 0 { calls / 4 } else { calls };
        let step = 1 + self.random.below(calls);
        let victim = if who == Who::Monitor { Victim::Monitor } else { Victim::Any };
        Round { number, kind, deed, who, strike: is_struck.then_some(Strike { fault, step, victim }) }
    }

    fn perform(&self, round: &Round, server: Option<Server>) -> Result<Struck> {
        let scratch = self.corten.root().scratch();
        let file = scratch.join("copied");
        if let Deed::Copy { mark, .. } = &round.deed {
            fs::write(&file, content(mark)).map_err(|error| error.to_string())?;
        }
        let arguments = round.deed.arguments(&file.to_string_lossy());
        let performed = match server {
            None => fault::run(&self.corten.command(&arguments), scratch, round.strike),
            Some(server) => server.serve(self.corten, &arguments, round.strike),
        };
        performed.map_err(|error| format!("cannot watch `corten {}`: {error}", arguments.join(" ")))
    }

    /// What is there has to be what was, or what the command makes of it; whether it was done without saying so.
    fn look(&mut self, round: &Round, struck: &Struck) -> Result<bool> {
        reasons::said(struck)?;
        if struck.code != 0 || struck.hit.is_some() {
            succeed(self.corten, &["system", "settle"])?;
        }
        engine::check(self.corten)?;
        let before = self.world.clone();
        let outcomes = round.deed.outcomes(&before);
        let mut worlds: Vec<World> = Vec::new();
        if struck.code != 0 {
            worlds.push(before.clone());
        }
        worlds.push(outcomes.after.clone());
        if round.deed == Deed::Boot {
            worlds.extend(before.booted());
        }
        if struck.code != 0 {
            worlds.extend(outcomes.between.iter().cloned());
        }
        if round.is_container_at_risk(struck) {
            worlds.extend(round.misfortunes(&outcomes.after));
        }
        self.world = self.await_agreement(&worlds.iter().collect::<Vec<_>>())?;
        let unsaid = struck.code != 0 && self.world != before && self.world == outcomes.after;
        self.forget_if_unknown(round, struck)?;
        self.look_at_some(round)?;
        Ok(unsaid)
    }

    /// What is under way (a container that comes back) may take a moment.
    fn await_agreement(&self, worlds: &[&World]) -> Result<World> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let observation = Observation::look(self.corten)?;
            if let Some(address) = observation.shared_address() {
                return Err(format!("two containers have the address {address}"));
            }
            match agree(worlds, &observation) {
                Err(_) if Instant::now() < deadline => thread::sleep(Duration::from_millis(50)),
                agreed => return agreed,
            }
        }
    }

    /// A container of which nobody can say how often it has started, or whether it is about to end, is of no more use.
    fn forget_if_unknown(&mut self, round: &Round, struck: &Struck) -> Result<()> {
        let Some(name) = round.deed.subject() else { return Ok(()) };
        let is_unknown = match round.deed {
            Deed::Run(_) | Deed::RunOnce { .. } | Deed::End(_) | Deed::Start(_) | Deed::Restart(_) => {
                struck.code != 0
            }
            _ => false,
        };
        if (is_unknown || round.is_container_at_risk(struck)) && self.world.containers.contains_key(name) {
            succeed(self.corten, &["rm", "--force", name])?;
            self.world.containers.remove(name);
        }
        Ok(())
    }

    /// At what was touched, and one more container.
    fn look_at_some(&mut self, round: &Round) -> Result<()> {
        let all: Vec<String> = self.world.containers.keys().cloned().collect();
        let more = self.random.pick(&all).cloned();
        let touched = round.deed.subject().map(str::to_owned);
        for name in touched.into_iter().chain(more) {
            self.look_at(&name)?;
        }
        Ok(())
    }

    fn look_at(&mut self, name: &str) -> Result<()> {
        let Some(container) = self.world.containers.get_mut(name) else { return Ok(()) };
        let deadline = Instant::now() + PATIENCE;
        while container.starts > 0 {
            let greetings = observation::greetings(self.corten, name)?;
            if greetings >= container.starts {
                container.starts = greetings;
                break;
            }
            // Who has been ended may have been too slow.
            if container.life != Life::Running || Instant::now() > deadline {
                return Err(format!(
                    "the log of `{name}` has {greetings} lines, and it started {} times",
                    container.starts
                ));
            }
            thread::sleep(Duration::from_millis(20));
        }
        if container.life == Life::Paused || container.starts == 0 {
            return Ok(());
        }
        let in_volume = container.volume.as_ref().and_then(|volume| self.world.volumes.get(volume));
        observation::files(self.corten, name, container, in_volume)
    }

    /// All that was promised is there; and once it is removed, nothing.
    fn finish(mut self) -> Result<()> {
        let names: Vec<String> = self.world.containers.keys().cloned().collect();
        for name in names {
            self.look_at(&name)?;
        }
        let names: Vec<&str> = self.world.containers.keys().map(String::as_str).collect();
        if !names.is_empty() {
            succeed(self.corten, &[&["rm", "--force"], names.as_slice()].concat())?;
        }
        succeed(self.corten, &["volume", "prune", "--all", "--force"])?;
        succeed(self.corten, &["image", "prune", "--all", "--force"])?;
        succeed(self.corten, &["system", "settle"])?;
        engine::check(self.corten)?;
        engine::emptiness(self.corten)
    }
}

impl Round {
    /// Whether what befell the machine may have reached the container itself, or who watches it, after all had been said.
    fn is_container_at_risk(&self, struck: &Struck) -> bool {
        let reaches = self.strike.is_some_and(|strike| {
            strike.fault == Fault::KillAll || !strike.fault.kills() || strike.victim == Victim::Monitor
        });
        struck.hit.is_some() && reaches && self.deed.moves_container()
    }

    /// Then it may have ended, or have come back.
    fn misfortunes(&self, after: &World) -> Vec<World> {
        let name = self.deed.subject().unwrap_or_default();
        [Life::Created, Life::Exited(None), Life::Running].map(|life| after.living(name, life)).into()
    }

    fn describe(&self, struck: &Struck) -> String {
        let fault = self.strike.map(|strike| format!(", {:?} from call {}", strike.fault, strike.step));
        let hit = struck.hit.as_ref().map(|hit| format!(", struck at {hit}"));
        let parts = [fault, hit].map(Option::unwrap_or_default).concat();
        let (code, errors) = (struck.code, struck.stderr.trim());
        let ended = format!("ended with {code} after {} calls: {errors}", struck.steps);
        let typed = self.deed.arguments("FILE").join(" ");
        format!("round {}: {:?} of `corten {typed}`{parts}\n{ended}\n", self.number, self.who)
    }
}
