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
    /// The file system cannot limit what a container writes, in Docker's words as far as they go.
    #[error(
        "--storage-opt is supported only for overlay over xfs with 'pquota' mount option or over ext4 with 'prjquota': `{}` is on {remedy}",
        directory.display()
    )]
    NoProjectQuotas {
        /// The directory of all containers.
        directory: PathBuf,
        /// What it is on, and what to do.
        remedy: &'static str,
    },
    /// What a container has written does not count against its limit.
    #[error(
        "cannot limit what is written to `{}`: what is in there was put back without its project; commit the container, and make another \
         one of the image",
        path.display()
    )]
    Uncounted {
        /// Its directory.
        path: PathBuf,
    },
    /// A limit cannot be set, or read.
    #[error("cannot limit what is written to `{}`", path.display())]
    Limit {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
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
            Self::Directory { .. } | Self::NoProjectQuotas { .. } | Self::Limit { .. } => Kind::Internal,
            Self::Uncounted { .. } => Kind::Conflict,
            Self::Remove { source, .. } | Self::Measure { source, .. } => source.kind(),
        }
    }
}
