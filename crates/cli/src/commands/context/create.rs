//! `context create`: names an engine, or copies a name.

use super::{known, options};
use crate::contexts::{self, Metadata, Store};
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::surroundings::Surroundings;

pub(super) fn run(around: &Surroundings, parsed: &Parsed) -> Outcome {
    let name = &parsed.arguments[0];
    let store = Store::new(&around.configuration());
    known::check_new(&store, name)?;
    let description = parsed.text("description");
    let from = parsed.text("from");
    let (metadata, tls) = if parsed.is_given("docker") && from.is_empty() {
        let (endpoint, tls) = options::read(&store, parsed.list("docker"))?;
        (Metadata::new(name, description, &endpoint), tls)
    } else {
        if parsed.is_given("docker") {
            return Err(Failure::new("cannot use --docker flag when --from is set"));
        }
        let current = || contexts::current(around);
        let from = if from.is_empty() { current() } else { from.to_owned() };
        let (mut metadata, tls) = known::find(around, &store, &from)?;
        metadata.name.clone_from(name);
        metadata.describe(description);
        (metadata, tls)
    };
    store.put(&metadata, &tls)?;
    known::report(around, name, "created")
}
