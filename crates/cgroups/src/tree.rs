//! Directories of one hierarchy: making, walking and removing them.
//!
//! A container that may write to its cgroup can have made any number of cgroups below its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::Error;

/// Makes `directory` and what is missing above it; usually that is one mkdir(2).
pub(crate) fn make(directory: &Path, made: &mut Vec<PathBuf>) -> Result<(), Error> {
    match fs::create_dir(directory) {
        Ok(()) => made.push(directory.to_owned()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let Some(parent) = directory.parent() else {
                return Err(Error::file("make", directory)(error));
            };
            make(parent, made)?;
            match fs::create_dir(directory) {
                Ok(()) => made.push(directory.to_owned()),
                // Somebody else makes cgroups in the same place.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::file("make", directory)(error)),
            }
        }
        Err(error) => return Err(Error::file("make", directory)(error)),
    }
    Ok(())
}

/// The directory and all below it, innermost first; empty if it does not exist.
pub(crate) fn walk(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = vec![directory.to_owned()];
    let mut next = 0;
    while let Some(current) = found.get(next).cloned() {
        next += 1;
        let entries = match fs::read_dir(&current) {
            Ok(entries) => entries,
            // Removed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                next -= 1;
                found.remove(next);
                continue;
            }
            Err(error) => return Err(Error::file("list", current)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(Error::file("list", &current))?;
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                found.push(entry.path());
            }
        }
    }
    found.reverse();
    Ok(found)
}

/// The longest that is slept between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// Removes the directory and all below it; waits until `deadline` for the last processes to be gone.
///
/// The kernel empties a cgroup shortly after its last process was waited for, and tells nobody of v1: hence the attempts.
pub(crate) fn remove(directory: &Path, deadline: Instant) -> Result<(), Error> {
    let mut pause = Duration::from_micros(100);
    loop {
        match attempt(directory) {
            Ok(()) => return Ok(()),
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => return Err(Error::file("remove", directory)(error)),
        }
    }
}

/// Removes the directory if nothing is in it. Returns whether it is gone.
pub(crate) fn remove_empty(directory: &Path) -> Result<bool, Error> {
    match rmdir(directory) {
        Ok(()) => Ok(true),
        Err(error) if is_busy(&error) => Ok(false),
        Err(error) => Err(Error::file("remove", directory)(error)),
    }
}

fn attempt(directory: &Path) -> io::Result<()> {
    // Mostly there is nothing below it.
    match rmdir(directory) {
        Err(error) if is_busy(&error) => {}
        outcome => return outcome,
    }
    let below = walk(directory).map_err(|error| match error {
        Error::File { source, .. } => source,
        other => io::Error::other(other),
    })?;
    below.iter().try_for_each(|directory| rmdir(directory))
}

/// rmdir(2), content with one that is gone.
fn rmdir(directory: &Path) -> io::Result<()> {
    match fs::remove_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

/// Processes or cgroups are in it.
fn is_busy(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::DirectoryNotEmpty)
}
