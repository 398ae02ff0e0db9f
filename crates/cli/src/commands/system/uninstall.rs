//! `system uninstall`: removes what `system install` has laid down, and nothing else.

use super::install::root;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::installation::{self, Place};
use crate::surroundings::Surroundings;

pub(crate) fn run(around: &Surroundings, parsed: &Parsed) -> Outcome {
    let root = root(parsed);
    let place = Place { root: &root, dry_run: parsed.is_on("dry-run") };
    // What is done does not depend on somebody's reading it.
    installation::uninstall(place, &mut |line| drop(around.line(line))).map_err(Failure::new)
}
