//! One of the engines: commands in an order that only its seed knows.
//!
//! A command that fails because the other was first is part of the game.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::error::Result;
use crate::soak::engine::Engine;
use crate::soak::random::Random;
use crate::workshop::{IMAGE, PAYLOAD};

/// What may be said to a command when somebody else has changed the container meanwhile.
const EXPECTED: [&str; 11] = [
    "No such container",
    "is not running",
    "is already in use by container",
    "is already in progress",
    "marked for removal",
    "is being removed",
    "is dead",
    "container has stopped",
    "cannot be removed while",
    // To an exec whose container has just ended.
    "No such process",
    "of the container has ended",
];

/// Often enough each that containers live through all of it.
const COMMANDS: [&str; 8] = ["create", "start", "start", "exec", "exec", "stop", "kill", "rm"];

/// How often each command was carried out, and how often the other engine was first.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Tally(BTreeMap<&'static str, (u64, u64)>);

impl Tally {
    pub(super) fn and(mut self, other: Tally) -> Tally {
        for (command, (done, refused)) in other.0 {
            let mine = self.0.entry(command).or_default();
            *mine = (mine.0 + done, mine.1 + refused);
        }
        self
    }

    pub(super) fn done(&self, command: &str) -> u64 {
        self.0.get(command).map_or(0, |(done, _)| *done)
    }

    /// Carried out or not.
    pub(super) fn asked(&self, command: &str) -> u64 {
        self.0.get(command).map_or(0, |(done, refused)| done + refused)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (&'static str, u64, u64)> {
        self.0.iter().map(|(command, (done, refused))| (*command, *done, *refused))
    }

    #[cfg(test)]
    pub(super) fn one_for_tests(command: &'static str) -> Tally {
        Tally(BTreeMap::from([(command, (1, 0))]))
    }

    fn count(&mut self, command: &'static str, done: bool) {
        let entry = self.0.entry(command).or_default();
        *entry = if done { (entry.0 + 1, entry.1) } else { (entry.0, entry.1 + 1) };
    }
}

pub(super) fn work(engine: &Engine, seed: u64, containers: u64, deadline: Instant) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut random = Random::new(seed);
    while Instant::now() < deadline {
        let command = COMMANDS[random.below(COMMANDS.len() as u64) as usize];
        let name = format!("shared-{}", random.below(containers));
        let outcome = engine.corten().run(&arguments(command, &name));
        // What keeps an exec from beginning is told on its standard output, as Docker does.
        let said = [outcome.stdout(), outcome.stderr()].concat();
        let is_expected = EXPECTED.iter().any(|text| said.contains(text));
        // A process that is killed with its container ends as one that is killed.
        let was_killed = command == "exec" && [137, 143].contains(&outcome.code);
        if outcome.code != 0 && !is_expected && !was_killed {
            let text = format!("`{}` ended with {}: {}", outcome.command, outcome.code, said.trim());
            return Err(engine.found(text));
        }
        tally.count(command, outcome.code == 0);
    }
    Ok(tally)
}

fn arguments<'a>(command: &'a str, name: &'a str) -> Vec<&'a str> {
    match command {
        "create" => vec!["create", "--network", "none", "--name", name, IMAGE, PAYLOAD, "sleep"],
        "exec" => vec!["exec", name, PAYLOAD, "true"],
        "stop" => vec!["stop", "--time", "1", name],
        "rm" => vec!["rm", "--force", name],
        _ => vec![command, name],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_add_up_by_command() {
        let mut one = Tally::default();
        one.count("start", true);
        let mut other = one.clone();
        other.count("start", false);
        other.count("rm", true);
        let both = one.and(other);
        assert_eq!(both.rows().collect::<Vec<_>>(), [("rm", 1, 0), ("start", 2, 1)]);
        assert_eq!(both.done("start"), 2);
    }

    #[test]
    fn every_command_is_drawn() {
        let mut random = Random::new(1);
        let drawn: std::collections::BTreeSet<_> =
            (0..200).map(|_| COMMANDS[random.below(COMMANDS.len() as u64) as usize]).collect();
        assert_eq!(drawn.len(), 6);
    }
}
