//! `context update`: another description, another way to the engine.

use super::{known, options};
use crate::contexts::{DOCKER, Store, validate};
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::surroundings::Surroundings;

pub(super) fn run(around: &Surroundings, parsed: &Parsed) -> Outcome {
    let name = &parsed.arguments[0];
    validate(name)?;
    let store = Store::new(&around.configuration());
    let mut metadata = store.get(name)?;
    metadata.describe(parsed.text("description"));
    if !parsed.is_given("docker") {
        store.put_metadata(&metadata)?;
        return known::report(around, name, "updated");
    }
    let (endpoint, mut new) = options::read(&store, parsed.list("docker"))?;
    metadata.set_docker(&endpoint);
    // What other programs keep beside it stays.
    let mut tls = store.tls(name)?;
    tls.0.remove(DOCKER);
    tls.0.append(&mut new.0);
    store.put(&metadata, &tls)?;
    known::report(around, name, "updated")
}
