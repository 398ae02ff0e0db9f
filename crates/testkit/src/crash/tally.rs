//! How often what was done, and what came of it.

use std::collections::BTreeMap;

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
    /// The most calls that were counted in one.
    pub most_steps: u64,
}

/// By the name of the command.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally(pub BTreeMap<&'static str, Count>);

impl Tally {
    /// Counts of all kinds together.
    #[must_use]
    pub fn total(&self) -> Count {
        self.0.values().fold(Count::default(), |sum, one| Count {
            rounds: sum.rounds + one.rounds,
            struck: sum.struck + one.struck,
            done: sum.done + one.done,
            done_unsaid: sum.done_unsaid + one.done_unsaid,
            accompanied: sum.accompanied + one.accompanied,
            most_steps: sum.most_steps.max(one.most_steps),
        })
    }
}
