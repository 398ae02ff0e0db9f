//! What can fail here. Lines that are not entries are no failure: a reader counts and skips them.

use std::io;
use std::path::{Path, PathBuf};

use corten_error::{Classified, Kind};

/// A failed operation on a log file.
#[derive(Debug, thiserror::Error)]
#[error("{verb} `{}`", path.display())]
pub struct LogError {
    /// What was tried: `open`, `write`, `rotate` …
    pub verb: &'static str,
    /// On which file.
    pub path: PathBuf,
    /// What the kernel said.
    pub source: io::Error,
}

impl LogError {
    pub(crate) fn new(verb: &'static str, path: &Path, source: impl Into<io::Error>) -> LogError {
        LogError { verb, path: path.to_owned(), source: source.into() }
    }
}

impl Classified for LogError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }
}
