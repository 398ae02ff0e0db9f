//! `system install`: has this machine start the daemon, and complete its commands.

use std::path::{Path, PathBuf};

use clap_complete::Shell;

use crate::commands::completion;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::installation::{self, Place, Wanted};
use crate::surroundings::Surroundings;

pub(crate) fn run(around: &Surroundings, parsed: &Parsed) -> Outcome {
    let program = std::env::current_exe()
        .map_err(|error| Failure::new(format!("cannot tell where this program lies: {error}")))?;
    let completions = [Shell::Bash, Shell::Zsh, Shell::Fish].map(|shell| completion::script(shell, "corten"));
    let root = root(parsed);
    let place = Place { root: &root, dry_run: parsed.is_on("dry-run") };
    let done = installation::install(place, &Wanted { program, completions }, &mut |line| {
        // What is done does not depend on somebody's reading it.
        drop(around.line(line));
    });
    done.map_err(Failure::new)?;
    if place.dry_run {
        return Ok(());
    }
    around.line(
        "to start it now and with the machine: systemctl enable --now corten.socket corten-boot.service",
    )
}

/// The directory that stands for `/`.
pub(super) fn root(parsed: &Parsed) -> PathBuf {
    let named = parsed.text("destdir");
    if named.is_empty() { Path::new("/").to_owned() } else { PathBuf::from(named) }
}
