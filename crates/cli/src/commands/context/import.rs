//! `context import`: a context from an archive.

use std::fs::File;
use std::io;

use super::known;
use crate::contexts::{Store, unpack};
use crate::failure::{Failure, Outcome, go_text};
use crate::flags::Parsed;
use crate::surroundings::Surroundings;

pub(super) fn run(around: &Surroundings, parsed: &Parsed) -> Outcome {
    let [name, path] = parsed.arguments.as_slice() else { return Ok(()) };
    let store = Store::new(&around.configuration());
    known::check_new(&store, name)?;
    let (metadata, tls) = if path == "-" {
        unpack(name, io::stdin().lock())?
    } else {
        let file = File::open(path).map_err(|error| Failure::new(go_text("open", path, &error)))?;
        unpack(name, file)?
    };
    store.put(&metadata, &tls)?;
    known::report(around, name, "imported")
}
