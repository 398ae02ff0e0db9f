//! Why the floor could not be measured.
//!
//! One level: a phase and what the kernel said.

use std::io;

pub(crate) type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("usage: bench-floor {0}")]
    Usage(&'static str),
    #[error("cannot {0}: {1}")]
    Call(&'static str, io::Error),
    #[error("the filter is not one: {0}")]
    Filter(#[from] corten_seccomp::SeccompError),
    #[error("the child: {0}")]
    Child(String),
    #[error("there are no cgroups on this machine")]
    NoCgroups,
}

/// Names the operation that an error came from.
pub(crate) trait Doing<T> {
    fn doing(self, what: &'static str) -> Result<T>;
}

impl<T, E: Into<io::Error>> Doing<T> for std::result::Result<T, E> {
    fn doing(self, what: &'static str) -> Result<T> {
        self.map_err(|error| Error::Call(what, error.into()))
    }
}
