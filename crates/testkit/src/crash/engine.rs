//! What every kind of round asks an engine for.

use std::fs;
use std::path::Path;

use crate::{Corten, Outcome};

/// What is wrong.
pub(super) type Result<T> = std::result::Result<T, String>;

/// Runs a command that has to succeed.
pub(super) fn succeed(corten: &Corten, arguments: &[&str]) -> Result<Outcome> {
    let outcome = corten.run(arguments);
    if outcome.code == 0 {
        return Ok(outcome);
    }
    let said = [outcome.stdout(), outcome.stderr()].concat();
    Err(format!("`{}` ended with {}: {}", outcome.command, outcome.code, said.trim()))
}

/// The engine's own opinion.
pub(super) fn check(corten: &Corten) -> Result<()> {
    let outcome = corten.run(&["system", "check"]);
    if outcome.code == 0 && outcome.line() == "No problems found" {
        return Ok(());
    }
    Err(format!("`system check`: {}{}", outcome.stdout(), outcome.stderr()))
}

/// Names of images, and their ids.
pub(super) fn images(corten: &Corten) -> Result<std::collections::BTreeMap<String, String>> {
    let format = "{{.Repository}}:{{.Tag}} {{.ID}}";
    let lines = succeed(corten, &["images", "--no-trunc", "--format", format])?.stdout();
    let rows = lines.lines().filter(|line| !line.contains("<none>"));
    Ok(rows
        .filter_map(|line| line.split_once(' '))
        .map(|(name, id)| (name.to_owned(), id.to_owned()))
        .collect())
}

/// What lies in a directory; nothing where there is none.
pub(super) fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Once everything has been removed, nothing is left: on disk no more than what makes an empty engine and what has arrived of
/// blobs that nobody has gone on with, on the machine nothing.
pub(super) fn emptiness(corten: &Corten) -> Result<()> {
    let state = corten.root().state();
    let expected: [(&str, &[&str]); 5] = [
        ("content/blobs/sha256", &[]),
        ("layers", &[".index", ".install", ".lease", ".removal"]),
        ("layers/.index", &[]),
        ("containers", &[]),
        ("volumes", &[]),
    ];
    for (directory, allowed) in expected {
        let mut names = names(&state.join(directory));
        names.retain(|name| !allowed.contains(&name.as_str()));
        if !names.is_empty() {
            return Err(format!("left in `{directory}`: {}", names.join(", ")));
        }
    }
    let running = names(&corten.root().run().join("containers"));
    let left = [crate::leftovers(corten.root()), running].concat();
    if left.is_empty() { Ok(()) } else { Err(format!("left behind:\n{}", left.join("\n"))) }
}
