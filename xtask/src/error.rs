//! Why a command of xtask failed.
//!
//! These errors end at a contributor's terminal, so their text is all they carry.

use std::{io, path::PathBuf};

pub(crate) type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}")]
    Usage(String),
    #[error("cannot run `{program}`: {source}")]
    Start { program: String, source: io::Error },
    #[error("`{command}` failed: {status}")]
    Failed { command: String, status: String },
    #[error("cannot {verb} `{}`: {source}", path.display())]
    File { verb: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot read the answer of `cargo metadata`: {0}")]
    Metadata(#[from] serde_json::Error),
    #[error("{0} finding(s), listed above")]
    Tidy(usize),
    #[error("`{}` is not one static program: {reason}", path.display())]
    NotStatic { path: PathBuf, reason: String },
    #[error("the tests left this on the machine:\n{0}")]
    LeftBehind(String),
    #[error("no measurements: there is no package `{0}` in this workspace yet")]
    NoBench(&'static str),
}

impl Error {
    /// For `map_err` on file operations.
    pub(crate) fn file(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { verb, path, source }
    }
}
