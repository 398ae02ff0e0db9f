//! What can go wrong with a volume's directory.

use std::path::PathBuf;

use corten_error::{Classified, Kind};
use rustix::io::Errno;

/// A failed step of making, locking, filling, measuring or removing a volume's files.
#[derive(Debug, thiserror::Error)]
pub enum VolumesError {
    /// A directory could not be made, opened, locked, listed or renamed.
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
    /// Something of what is copied into a volume could not be read or made.
    #[error("cannot {verb} `{}`, which is copied into the volume", path.display())]
    Copy {
        /// What was tried.
        verb: &'static str,
        /// Below the directory that is copied.
        path: PathBuf,
        /// Why.
        #[source]
        source: Errno,
    },
    /// Something in a volume cannot be removed.
    #[error("cannot remove the files of volume `{volume}`")]
    Remove {
        /// Which.
        volume: String,
        /// What, and why.
        #[source]
        source: corten_tree::TreeError,
    },
    /// What is in a volume cannot be measured.
    #[error("cannot measure the files of volume `{volume}`")]
    Measure {
        /// Which.
        volume: String,
        /// What, and why.
        #[source]
        source: corten_tree::TreeError,
    },
}

impl VolumesError {
    /// Whether there was no room on the disk.
    #[must_use]
    pub fn is_full_disk(&self) -> bool {
        match self {
            Self::Directory { source, .. } | Self::Copy { source, .. } => *source == Errno::NOSPC,
            Self::Remove { .. } | Self::Measure { .. } => false,
        }
    }
}

impl Classified for VolumesError {
    fn kind(&self) -> Kind {
        match self {
            Self::Directory { .. } | Self::Copy { .. } => Kind::Internal,
            Self::Remove { source, .. } | Self::Measure { source, .. } => source.kind(),
        }
    }
}
