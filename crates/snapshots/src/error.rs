//! What can go wrong with a container's directory.
//!
//! It does not say what the container was doing.

use std::path::PathBuf;

use corten_error::{Classified, Kind};
use rustix::io::Errno;

/// A failed step of preparing, finding, measuring or removing a container's files.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotsError {
    /// A directory could not be made, opened or listed.
    #[error("cannot {verb} `{}`", path.display())]
    Directory {
        /// What was tried.
        verb: &'static str,
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: Errno,
    },
    /// Something that the container left cannot be removed.
    #[error("cannot remove container files in `{}`", path.display())]
    Remove {
        /// The directory of all containers.
        path: PathBuf,
        /// What, and why.
        #[source]
        source: corten_tree::TreeError,
    },
    /// What the container has written cannot be measured.
    #[error("cannot measure container files in `{}`", path.display())]
    Measure {
        /// The container's directory.
        path: PathBuf,
        /// What, and why.
        #[source]
        source: corten_tree::TreeError,
    },
}

impl Classified for SnapshotsError {
    fn kind(&self) -> Kind {
        match self {
            Self::Directory { .. } => Kind::Internal,
            Self::Remove { source, .. } | Self::Measure { source, .. } => source.kind(),
        }
    }
}
