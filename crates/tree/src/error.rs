//! What can go wrong while a tree is removed or measured.
//!
//! It does not retry anything: the caller knows whether a second attempt makes sense.

use std::path::PathBuf;

use corten_error::{Classified, Kind};
use rustix::io::Errno;

/// A step that failed, with the path relative to the directory that it began in.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// A directory could not be opened or listed.
    #[error("cannot read directory `{}`", path.display())]
    Read {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: Errno,
    },
    /// A file or an empty directory could not be removed.
    #[error("cannot remove `{}`", path.display())]
    Remove {
        /// The object.
        path: PathBuf,
        /// Why.
        #[source]
        source: Errno,
    },
    /// The immutable or append-only attribute (`chattr +i`, `+a`) protects the object or its directory.
    #[error("cannot remove `{}`: it, or the directory that it is in, is immutable (`chattr -ia` makes it removable)", path.display())]
    Immutable {
        /// The object.
        path: PathBuf,
    },
    /// Another file system is mounted inside the tree; what it holds is not ours to remove.
    #[error("cannot remove `{}`: a file system is mounted on it", path.display())]
    Mounted {
        /// The directory.
        path: PathBuf,
    },
    /// A directory below the depth limit could not be moved up.
    #[error("cannot move directory `{}` up to remove it", path.display())]
    Hoist {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: Errno,
    },
}

impl Classified for TreeError {
    fn kind(&self) -> Kind {
        match self {
            Self::Immutable { .. } | Self::Mounted { .. } => Kind::Conflict,
            Self::Read { .. } | Self::Remove { .. } | Self::Hoist { .. } => Kind::Internal,
        }
    }
}
