//! How often what was done, what came of it, and how many calls it took.

use std::collections::BTreeMap;

use crate::fault::Calls;

/// Of one kind of command.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Count {
    /// Commands.
    pub rounds: u64,
    /// Those that were killed or had a call fail.
    pub struck: u64,
    /// Those that said that they had done it.
    pub done: u64,
    /// Those that did not say so, and had.
    pub done_unsaid: u64,
    /// Those that another command ran beside.
    pub accompanied: u64,
    /// The most calls in one that change something, up to the one that was struck.
    pub most_calls: u64,
}

/// Of one kind of command and one victim: calls that faults can befall, where none did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Commands.
    pub rounds: u64,
    /// Of all of them together.
    pub calls: Calls,
}

/// By the name of the command.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// What came of them.
    pub commands: BTreeMap<&'static str, Count>,
    /// How many were struck, by the name of the victim, in rounds with containers.
    pub victims: BTreeMap<&'static str, u64>,
    /// With the name of the victim.
    pub reach: BTreeMap<(&'static str, &'static str), Reach>,
}

impl Tally {
    /// Counts of all kinds together.
    #[must_use]
    pub fn total(&self) -> Count {
        self.commands.values().fold(Count::default(), |sum, one| Count {
            rounds: sum.rounds + one.rounds,
            struck: sum.struck + one.struck,
            done: sum.done + one.done,
            done_unsaid: sum.done_unsaid + one.done_unsaid,
            accompanied: sum.accompanied + one.accompanied,
            most_calls: sum.most_calls.max(one.most_calls),
        })
    }
}
