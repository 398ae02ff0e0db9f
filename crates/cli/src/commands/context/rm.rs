//! `context rm`: forgets contexts.

use crate::contexts::{self, DEFAULT, Store};
use crate::docker_config;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::surroundings::Surroundings;

pub(super) fn run(around: &Surroundings, parsed: &Parsed) -> Outcome {
    let store = Store::new(&around.configuration());
    let current = contexts::current(around);
    let mut failures = Vec::new();
    for name in &parsed.arguments {
        match remove(around, &store, name, *name == current, parsed.is_on("force")) {
            Ok(()) => around.line(name)?,
            Err(failure) => failures.push(failure.message),
        }
    }
    Failure::join(&failures)
}

fn remove(around: &Surroundings, store: &Store, name: &str, is_current: bool, force: bool) -> Outcome {
    if name == DEFAULT {
        return Err(Failure::new(format!("context {DEFAULT:?} cannot be removed")));
    }
    if is_current && !force {
        return Err(Failure::new(format!("context {name:?} is in use, set -f flag to force remove")));
    }
    if is_current {
        docker_config::set_current_context(around, "")?;
    }
    if !force && !store.metadata_path(name).exists() {
        return Err(Failure::new(format!("context {name:?} does not exist")));
    }
    store.remove(name)
}
