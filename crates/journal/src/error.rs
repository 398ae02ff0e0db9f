//! What can fail here, each failure with what it was about.
//!
//! A lock that somebody else holds, a torn tail and a journal that does not exist yet are not failures.

use std::io;
use std::path::{Path, PathBuf};

use corten_error::{Classified, Kind};

/// A failed operation on a journal, the event file or a lock.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// A system call on a file failed.
    #[error("{verb} `{}`", path.display())]
    File {
        /// What was tried: `open`, `write`, `lock` …
        verb: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// A lock was not free before the deadline.
    #[error("lock `{}`: another process still holds it", path.display())]
    LockHeld {
        /// The lock file.
        path: PathBuf,
    },
    /// A descriptor that was handed over does not hold the lock it was said to hold.
    #[error("the descriptor that was handed over does not hold a lock")]
    NotTheHolder,
    /// A descriptor that was handed over cannot be asked for its lock.
    #[error("look at the lock of a descriptor that was handed over")]
    HandOver(#[source] io::Error),
    /// A record that is followed by others does not parse: the file was damaged, not merely cut short.
    #[error("`{}` is damaged at byte {offset}: {reason}", path.display())]
    Damaged {
        /// The journal or event file.
        path: PathBuf,
        /// Where the record begins.
        offset: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A record is larger than a record may be.
    #[error("a record of {size} bytes for `{}` is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file it was meant for.
        path: PathBuf,
        /// Bytes of the record.
        size: usize,
        /// Bytes that are allowed.
        limit: usize,
    },
    /// A record cannot be put into words.
    #[error("encode a record for `{}`", path.display())]
    Encode {
        /// The file it was meant for.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// A reader was so slow that events it had not read were dropped. Reading goes on with the oldest that is kept.
    #[error("events {wanted} to {oldest} of `{}` are no longer kept", path.display())]
    Overrun {
        /// The event file.
        path: PathBuf,
        /// The position that was to be read next.
        wanted: u64,
        /// The oldest position that still exists.
        oldest: u64,
    },
    /// A position beyond the end of the event file: it belongs to another root, or the file was replaced.
    #[error("`{}` has no position {wanted}: it ends at {end}", path.display())]
    UnknownPosition {
        /// The event file.
        path: PathBuf,
        /// The position that was asked for.
        wanted: u64,
        /// Where the file ends.
        end: u64,
    },
}

impl JournalError {
    /// Whether a file, or the directory that it would stand in, does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, JournalError::File { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Whether the disk, or somebody's share of it, is full.
    #[must_use]
    pub fn is_full_disk(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        matches!(self, JournalError::File { source, .. } if [StorageFull, QuotaExceeded].contains(&source.kind()))
    }

    /// Wraps what the kernel said about an operation on `path`.
    pub(crate) fn file(verb: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        JournalError::File { verb, path: path.to_owned(), source: source.into() }
    }
}

impl Classified for JournalError {
    fn kind(&self) -> Kind {
        match self {
            JournalError::LockHeld { .. } => Kind::Conflict,
            JournalError::TooLarge { .. } | JournalError::UnknownPosition { .. } => Kind::Invalid,
            JournalError::Overrun { .. } => Kind::Unavailable,
            JournalError::File { .. }
            | JournalError::NotTheHolder
            | JournalError::HandOver(_)
            | JournalError::Damaged { .. }
            | JournalError::Encode { .. } => Kind::Internal,
        }
    }
}
