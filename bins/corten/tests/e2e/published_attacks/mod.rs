//! What was published against Docker, containerd and Podman, tried on the whole program: each test is the attack, by an image, a
//! container, or somebody else on the machine.
//!
//! Which test stands for which publication, and which guard it tries, is listed in `docs/security-attacks.md`. What concerns the
//! start of a single process alone is tried on the runtime, in its own tests.

mod descriptors;
mod engine_directories;
mod image_paths;
mod own_program;
mod rights;
mod volumes;

use std::path::Path;

use corten_image_archive::{Config, Entry};
use corten_testkit::{Corten, Outcome, images};

use crate::setup;

/// An engine that has loaded the attacker's image, `hostile`.
#[track_caller]
fn hostile(entries: &[Entry], config: Config) -> Option<Corten> {
    let corten = setup::engine()?;
    let archive = images::hostile(corten.root().scratch(), entries, config)?;
    corten.load(&archive);
    Some(corten)
}

/// What an image says that says nothing.
fn config() -> Config {
    Config { command: vec!["sh".to_owned()], ..Config::for_this_machine() }
}

/// Fails where the command succeeded or said something else.
#[track_caller]
fn refused(outcome: &Outcome, words: &str) {
    assert_ne!(outcome.code, 0, "`{}` succeeded: {}", outcome.command, outcome.stdout());
    // As with Docker, why a session did not start stands in its output.
    let told = outcome.stdout() + &outcome.stderr();
    assert!(told.contains(words), "`{words}` is not in\n{told}");
}

/// What lies in a directory of the host.
fn listing(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
