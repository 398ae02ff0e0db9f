//! One round: a command, somebody who is struck, and a look at what is there afterwards.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::agreement::agree;
use super::deed::{Deed, content};
use super::draw::KINDS;
use super::observation::{self, Observation};
use super::ports;
use super::ranges;
use super::victim::{Server, Who};
use super::watchers;
use super::world::{Container, Life, World};
use crate::Corten;
use crate::crash::engine::{self, Result, succeed};
use crate::crash::random::Random;
use crate::crash::reasons;
use crate::crash::tally::Tally;
use crate::fault::{self, Fault, Strike, Struck, Victim};

/// How long what is under way may take: a container that comes back, a line on its way to the log.
const PATIENCE: Duration = Duration::from_secs(20);

/// What makes a container that runs.
const NEEDED: &str = "run -d";

/// How long a daemon has for what it starts by itself.
const COMING_UP: Duration = Duration::from_secs(4);

/// Rounds with one engine.
pub(in crate::crash) struct Episode<'a> {
    corten: &'a Corten,
    random: Random,
    world: World,
    tally: &'a mut Tally,
    measures: bool,
}

/// What is done in a round.
struct Round {
    number: u64,
    kind: &'static str,
    deed: Deed,
    who: Who,
    strike: Strike,
}

impl<'a> Episode<'a> {
    /// `measures`: nobody is struck.
    pub(in crate::crash) fn new(
        corten: &'a Corten,
        random: Random,
        tally: &'a mut Tally,
        measures: bool,
    ) -> Episode<'a> {
        Episode { corten, random, world: World::default(), tally, measures }
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
        let mut who = Who::ALL[self.random.below(Who::ALL.len() as u64) as usize];
        // Without a container that runs, one is made in peace.
        let is_lonely = who == Who::Watchers && self.world.containers_that(|it| it.life.is_up()).is_empty();
        if is_lonely {
            who = Who::Command;
        }
        let server = (who == Who::Daemon).then(|| self.serve());
        let server = server.transpose().map_err(|error| format!("round {number}: daemon: {error}"))?;
        let round = self.draw(number, who, is_lonely.then_some(NEEDED).filter(|_| self.world.has_room()));
        let struck = self.perform(&round, server).map_err(|error| format!("round {number}: {error}"))?;
        let unsaid =
            self.look(&round, &struck).map_err(|error| format!("{}: {error}", round.describe(&struck)))?;
        self.count(&round, &struck, unsaid);
        Ok(())
    }

    fn count(&mut self, round: &Round, struck: &Struck, unsaid: bool) {
        let count = self.tally.commands.entry(round.kind).or_default();
        count.rounds += 1;
        count.struck += u64::from(struck.hit.is_some());
        count.done += u64::from(struck.code == 0);
        count.done_unsaid += u64::from(unsaid);
        count.most_calls = count.most_calls.max(struck.calls.of(Fault::Kill));
        if struck.hit.is_some() {
            *self.tally.victims.entry(round.who.name()).or_default() += 1;
        } else {
            let reach = self.tally.reach.entry((round.kind, round.who.name())).or_default();
            reach.rounds += 1;
            reach.calls.add(struck.calls);
        }
    }

    /// A daemon, which starts what a boot would.
    fn serve(&mut self) -> Result<Server> {
        let server = Server::start(self.corten, None).map_err(|error| error.to_string())?;
        // By then all is started that it is about to start.
        succeed(self.corten, &["boot", "--timeout", "10s"])?;
        let bootable = self.world.bootable();
        let booted = self.world.booted();
        self.world = self.await_agreement(&booted.each_ref())?;
        for name in bootable {
            self.look_at(&name)?;
        }
        Ok(server)
    }

    /// A daemon comes under a strike, has the time to start what a boot would, and goes.
    fn come_and_go(&self, strike: Strike) -> io::Result<Struck> {
        let server = Server::start(self.corten, Some(strike))?;
        let booted = self.world.booted();
        let deadline = Instant::now() + COMING_UP;
        let is_up = || {
            let observation = Observation::look(self.corten);
            observation.is_ok_and(|seen| booted.iter().any(|world| agree(&[world], &seen).is_ok()))
        };
        while !server.is_over() && Instant::now() < deadline && !is_up() {
            thread::sleep(Duration::from_millis(50));
        }
        server.end()
    }

    /// `needed` is a kind that has to come about.
    fn draw(&mut self, number: u64, who: Who, needed: Option<&'static str>) -> Round {
        let (kind, deed, fault, calls) = loop {
            let kind = KINDS[self.random.below(KINDS.len() as u64) as usize];
            let kind = needed.unwrap_or(kind);
            let fault = who.faults()[self.random.below(who.faults().len() as u64) as usize];
            let calls = ranges::calls(kind, who, fault);
            // Whoever has no part in it can only be seen to have none.
            if calls == 0 && !self.measures {
                continue;
            }
            let deed = Deed::draw(kind, &mut self.random, &self.world, number);
            let Some(deed) = deed.filter(|deed| self.suits(who, deed)) else {
                continue;
            };
            break (kind, deed, fault, calls.max(1));
        };
        // One in four goes undisturbed, so that there is something to lose.
        let is_struck = self.random.below(4) > 0 && !self.measures && needed.is_none();
        let step = if is_struck { 1 + self.random.below(calls) } else { Strike::NEVER };
        let victim = if who == Who::Monitor { Victim::Monitor } else { Victim::Any };
        Round { number, kind, deed, who, strike: Strike { fault, step, victim } }
    }

    /// Whether the victim can have a part in it: those that look after a container have to be there before it, and a daemon starts no other.
    fn suits(&self, who: Who, deed: &Deed) -> bool {
        let container = deed.subject().and_then(|name| self.world.containers.get(name));
        match who {
            Who::Watchers => container.is_some_and(|container| container.life.is_up()),
            Who::Daemon => *deed != Deed::Serve,
            Who::Command | Who::Monitor => true,
        }
    }

    fn perform(&self, round: &Round, server: Option<Server>) -> Result<Struck> {
        let scratch = self.corten.root().scratch();
        let file = scratch.join("copied");
        if let Deed::Copy { mark, .. } = &round.deed {
            fs::write(&file, content(mark)).map_err(|error| error.to_string())?;
        }
        let arguments = round.deed.arguments(&file.to_string_lossy());
        let command = self.corten.command(&arguments);
        let performed = match server {
            None if round.who == Who::Watchers => {
                let watched = watchers::of(self.corten, round.deed.subject().unwrap_or_default())?;
                fault::run_beside(&command, scratch, &watched, round.strike)
            }
            None if round.deed == Deed::Serve => self.come_and_go(round.strike),
            None => fault::run(&command, scratch, Some(round.strike)),
            Some(server) => server.serve(self.corten, &arguments, Some(round.strike)),
        };
        performed.map_err(|error| format!("cannot watch `corten {}`: {error}", arguments.join(" ")))
    }

    /// What is there has to be what was, or what the command makes of it; whether it was done without saying so.
    fn look(&mut self, round: &Round, struck: &Struck) -> Result<bool> {
        match round.who {
            Who::Watchers => reasons::said_by_others(struck)?,
            Who::Monitor if round.strike.fault.kills() => reasons::said_by_others(struck)?,
            _ => reasons::said(struck)?,
        }
        if struck.code != 0 || struck.hit.is_some() || round.deed == Deed::Serve {
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
        if round.deed.boots() {
            worlds.extend(before.booted());
        }
        if round.deed == Deed::Serve {
            // It has ended maybe before it had come to that.
            worlds.push(before.clone());
        }
        if struck.code != 0 {
            worlds.extend(outcomes.between.iter().cloned());
        }
        let mut at_risk = round.at_risk(struck, &before);
        worlds.extend(at_risk.iter().flat_map(|name| misfortunes(&outcomes.after, name)));
        if struck.code != 0 && round.who == Who::Watchers {
            worlds.extend(at_risk.iter().flat_map(|name| misfortunes(&before, name)));
        }
        self.world = self.await_agreement(&worlds.iter().collect::<Vec<_>>())?;
        let unsaid = struck.code != 0 && self.world != before && self.world == outcomes.after;
        let is_unfinished = struck.code != 0 && round.deed.starts_container();
        let unfinished = round.deed.subject().filter(|_| is_unfinished).map(str::to_owned);
        at_risk.extend(unfinished);
        self.forget(at_risk)?;
        self.look_at_ports()?;
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

    /// A container of which nobody can say how often it has started, or whether it is about to end, is of no more use once its files are seen
    /// to be there.
    fn forget(&mut self, names: Vec<String>) -> Result<()> {
        for name in names {
            let Some(container) = self.world.containers.get(&name) else { continue };
            if container.life != Life::Paused {
                self.look_at_files(&name, container)?;
            }
            succeed(self.corten, &["rm", "--force", &name])?;
            self.world.containers.remove(&name);
        }
        Ok(())
    }

    /// Each is taken while its container is up, and answered as soon as that has started; each other is free.
    fn look_at_ports(&self) -> Result<()> {
        for (name, container) in &self.world.containers {
            let Some(port) = container.port else { continue };
            let is_up = container.life.is_up();
            await_that(
                || ports::is_taken(port) == is_up,
                || {
                    let state = if is_up { "free" } else { "taken" };
                    format!("port {port} of `{name}`, which is {:?}, is {state}", container.life)
                },
            )?;
            if container.life == Life::Running {
                await_that(|| ports::answers(port), || format!("nobody answers at port {port} of `{name}`"))?;
            }
        }
        Ok(())
    }

    /// At what was touched, and one more container.
    fn look_at_some(&mut self, round: &Round) -> Result<()> {
        let all: Vec<String> = self.world.containers.keys().cloned().collect();
        let more = self.random.pick(&all).cloned();
        let touched = round.deed.subject().map(str::to_owned);
        let started = if round.deed.boots() { all } else { Vec::new() };
        for name in touched.into_iter().chain(more).chain(started) {
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
        let container = container.clone();
        if container.is_probed && container.life == Life::Running {
            self.look_at_health(name)?;
        }
        self.look_at_files(name, &container)
    }

    fn look_at_health(&self, name: &str) -> Result<()> {
        let health = || observation::health(self.corten, name).unwrap_or_else(|error| error);
        await_that(|| health() == "healthy", || format!("`{name}` runs, and is {}", health()))
    }

    fn look_at_files(&self, name: &str, container: &Container) -> Result<()> {
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
    /// The containers that what befell the machine may have reached, or those that look after them, after all had been said.
    fn at_risk(&self, struck: &Struck, before: &World) -> Vec<String> {
        let Strike { fault, victim, .. } = self.strike;
        let reaches = fault == Fault::KillAll || !fault.kills() || victim == Victim::Monitor;
        let is_at_risk = self.who == Who::Watchers || (reaches && self.deed.moves_container());
        match self.deed.subject() {
            _ if struck.hit.is_none() => Vec::new(),
            Some(name) if is_at_risk => vec![name.to_owned()],
            None if self.deed.boots() => before.bootable(),
            _ => Vec::new(),
        }
    }

    fn describe(&self, struck: &Struck) -> String {
        let Strike { fault, step, .. } = self.strike;
        let meant = (step != Strike::NEVER).then(|| format!(", {fault:?} from call {step}"));
        let hit = struck.hit.as_ref().map(|hit| format!(", struck at {hit}"));
        let parts = [meant, hit].map(Option::unwrap_or_default).concat();
        let ended = format!("ended with {}: {}", struck.code, struck.stderr.trim());
        let typed = self.deed.arguments("FILE").join(" ");
        format!("round {}: {:?} of `corten {typed}`{parts}\n{ended}\n", self.number, self.who)
    }
}

/// Until then something may be under way; `otherwise` says what is wrong.
fn await_that(is: impl Fn() -> bool, otherwise: impl Fn() -> String) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !is() {
        if Instant::now() > deadline {
            return Err(otherwise());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A container may have ended, or have come back.
fn misfortunes(world: &World, name: &str) -> [World; 3] {
    [Life::Created, Life::Exited(None), Life::Running].map(|life| world.living(name, life))
}
