//! `context show`: the name of the context that counts.

use crate::contexts;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::surroundings::Surroundings;

pub(super) fn run(around: &Surroundings, _: &Parsed) -> Outcome {
    around.line(&contexts::current(around))
}
