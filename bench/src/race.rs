//! Contenders take turns, with idle gaps (A B C A B C) and in short bursts without (A A A B B B).
//!
//! Taking turns spreads whatever else the machine does over all of them; the gaps show what a loop hides (a grace period that an
//! earlier join has paid, warm caches). In a burst everybody follows upon himself: the kernel tears network namespaces down in
//! the background, and without bursts a quick contender would pay for the slow one before it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::contender::{Contender, Skipped};
use crate::error::{Error, Result};
use crate::order::Sample;
use crate::runner::{CommandLine, Guest, Runner, View};
use crate::site::Site;
use crate::workshop::Programs;

/// Runs of a burst that count. One more comes before them, which pays for somebody else.
const BURST: usize = 5;

/// How often and how far apart.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Of each contender in each mode.
    pub samples: usize,
    /// Idle before each isolated sample.
    pub gap: Duration,
    /// Whether there is a loop as well.
    pub looped: bool,
}

impl Plan {
    /// In words.
    #[must_use]
    pub fn describe(&self) -> String {
        let (samples, gap) = (self.samples, self.gap.as_millis());
        let looped = if self.looped {
            format!(
                " In the loop, bursts of {} without gaps, in turns; the first of each burst is not counted.",
                BURST + 1
            )
        } else {
            String::new()
        };
        format!("{samples} samples of each, in turns, with {gap} ms idle before each.{looped}")
    }
}

/// What was measured of one contender.
#[derive(Debug, Clone, Serialize)]
pub struct Series {
    /// The contender's.
    pub name: String,
    /// After a gap each.
    pub isolated: Vec<Sample>,
    /// Without gaps.
    pub looped: Vec<Sample>,
    /// What it wrote in each isolated sample, where its contender says that this matters.
    #[serde(skip)]
    pub outputs: Vec<String>,
}

/// The whole.
#[derive(Debug, Default)]
pub struct Outcome {
    /// In the order of the contenders.
    pub series: Vec<Series>,
    /// Who did not take part, or not to the end.
    pub skipped: Vec<Skipped>,
}

/// The processes that run the commands, and the networks that some of them are in. Each is made when it is first asked for.
#[derive(Debug)]
pub struct Crew {
    program: PathBuf,
    runners: BTreeMap<View, Runner>,
    sites: BTreeMap<Guest, Site>,
}

impl Crew {
    /// Of nobody yet.
    #[must_use]
    pub fn new(programs: &Programs) -> Crew {
        Crew { program: programs.runner.clone(), runners: BTreeMap::new(), sites: BTreeMap::new() }
    }

    /// Somebody's network.
    ///
    /// # Errors
    /// [`Error::Site`].
    pub fn site(&mut self, guest: Guest) -> Result<&Site> {
        match self.sites.entry(guest) {
            Entry::Occupied(site) => Ok(site.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(Site::make()?)),
        }
    }

    /// The runner whose commands see that.
    ///
    /// # Errors
    /// [`Error::Site`] and [`Error::File`], the first time.
    pub fn runner(&mut self, view: View) -> Result<&mut Runner> {
        if let View::Site(guest) = view {
            self.site(guest)?;
        }
        match self.runners.entry(view) {
            Entry::Occupied(runner) => Ok(runner.into_mut()),
            Entry::Vacant(place) => {
                let site = if let View::Site(guest) = view { self.sites.get(&guest) } else { None };
                Ok(place.insert(Runner::start(&self.program, view, site)?))
            }
        }
    }
}

/// Runs the race. A contender that fails leaves it, with the reason; the others go on.
pub fn run(contenders: Vec<Contender>, plan: &Plan, crew: &mut Crew) -> Outcome {
    let mut race = Race { crew, runs: 0, outcome: Outcome::default(), contenders: Vec::new() };
    for contender in contenders {
        race.outcome.series.push(Series {
            name: contender.name.clone(),
            isolated: Vec::new(),
            looped: Vec::new(),
            outputs: Vec::new(),
        });
        race.contenders.push(Some(contender));
    }
    // The first run of each fills caches and shows whether it works here at all.
    race.each(|race, place| race.run(place).map(drop));
    for number in 0..plan.samples {
        race.each(|race, place| match &race.contenders[place] {
            Some(Contender { most_samples: Some(most), .. }) if number >= *most => Ok(()),
            _ => race.isolated(place, plan.gap),
        });
    }
    let bursts = if plan.looped { plan.samples.div_ceil(BURST) } else { 0 };
    for _ in 0..bursts {
        race.each(Race::burst);
    }
    race.finish()
}

struct Race<'a> {
    crew: &'a mut Crew,
    /// Of all contenders: numbers make names that were never used before.
    runs: usize,
    outcome: Outcome,
    /// Those that have left are gone from their place.
    contenders: Vec<Option<Contender>>,
}

impl Race<'_> {
    /// Gives everybody who is still there a turn.
    fn each(&mut self, turn: impl Fn(&mut Self, usize) -> Result<()>) {
        for place in 0..self.contenders.len() {
            if self.contenders[place].is_some()
                && let Err(error) = turn(self, place)
            {
                self.leave(place, &error.to_string());
            }
        }
    }

    fn isolated(&mut self, place: usize, gap: Duration) -> Result<()> {
        thread::sleep(gap);
        let (sample, output) = self.run(place)?;
        self.outcome.series[place].isolated.push(sample);
        self.outcome.series[place].outputs.extend(output);
        Ok(())
    }

    fn burst(&mut self, place: usize) -> Result<()> {
        self.run(place)?;
        for _ in 0..BURST {
            let (sample, _) = self.run(place)?;
            self.outcome.series[place].looped.push(sample);
        }
        Ok(())
    }

    fn run(&mut self, place: usize) -> Result<(Sample, Option<String>)> {
        let Some(contender) = &self.contenders[place] else {
            return Err(Error::Usage("a contender that has left cannot run".to_owned()));
        };
        self.runs += 1;
        one_run(contender, self.runs, self.crew)
    }

    fn leave(&mut self, place: usize, reason: &str) {
        if let Some(contender) = self.contenders[place].take() {
            eprintln!("{} leaves the race: {reason}", contender.name);
            self.outcome.skipped.push(Skipped { name: contender.name.clone(), reason: reason.to_owned() });
            clean_up(&contender, self.crew);
        }
    }

    fn finish(mut self) -> Outcome {
        for contender in self.contenders.iter().flatten() {
            clean_up(contender, self.crew);
        }
        self.outcome.series.retain(|series| !series.isolated.is_empty());
        self.outcome
    }
}

fn one_run(contender: &Contender, number: usize, crew: &mut Crew) -> Result<(Sample, Option<String>)> {
    let runner = crew.runner(contender.view)?;
    let before = contender.daemon.as_ref().map(|daemon| daemon.begin());
    let mut sample = runner.run(&contender.command(number))?;
    if let (Some(daemon), Some(before)) = (&contender.daemon, before) {
        let after = daemon.usage();
        sample.cpu += after.cpu.saturating_sub(before.cpu);
        sample.peak_memory = sample.peak_memory.max(after.peak_memory);
    }
    let output = if contender.keeps_output { Some(runner.output()?) } else { None };
    if let Some(after) = contender.command_after(number) {
        runner.run(&after)?;
    }
    Ok((sample, output))
}

fn clean_up(contender: &Contender, crew: &mut Crew) {
    for words in &contender.finish {
        let environment = contender.environment.clone();
        let command = CommandLine { environment, words: words.clone(), ..CommandLine::default() };
        if let Err(error) = crew.runner(contender.view).and_then(|runner| runner.run(&command)) {
            eprintln!("{} cannot be tidied up: {error}", contender.name);
        }
    }
}
