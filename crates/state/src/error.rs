//! What can fail here. The texts that scripts know from Docker are Docker's.
//!
//! What SQLite says is never shown alone: it stands behind the operation that failed.

use std::io;
use std::path::{Path, PathBuf};

use corten_error::{Classified, Kind};
use rusqlite::ErrorCode;

use crate::busy::{described, writer_of};

/// A failed operation on the state database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// No container has this id, name or id prefix.
    #[error("No such container: {0}")]
    NoSuchContainer(String),
    /// Several ids begin with this.
    #[error("multiple IDs found with provided prefix: {0}")]
    AmbiguousPrefix(String),
    /// A container was asked for by an empty text.
    #[error("invalid name or ID supplied: \"\"")]
    EmptyContainerName,
    /// The name belongs to another container.
    #[error(
        "Conflict. The container name \"/{name}\" is already in use by container \"{holder_id}\". You have to remove (or rename) \
         that container to be able to reuse that name."
    )]
    NameInUse {
        /// The name, without a slash.
        name: String,
        /// The id of the container that has it.
        holder_id: String,
    },
    /// There is a container of this id already.
    #[error("container `{0}` exists already")]
    ContainerExists(String),
    /// A row was to be removed that others refer to, or to refer to one that is not there.
    #[error("cannot {what}: other records depend on it, or it on records that are not there")]
    Dependency {
        /// The operation.
        what: &'static str,
    },
    /// A system call on the root or the database file failed.
    #[error("{verb} `{}`", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The root is not this user's.
    #[error("root `{}` belongs to user {owner}, not to user {user}: choose another with --root", path.display())]
    ForeignRoot {
        /// The root.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who asks.
        user: u32,
    },
    /// The root holds other things and is open to other users.
    #[error("root `{}` holds other files and is open to other users (mode {mode:04o}): choose another, or chmod it to 700", path.display())]
    SharedRoot {
        /// The root.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The root lies on a file system whose locks or shared memory do not hold across machines.
    #[error("root `{}` lies on a network file system ({kind}): the state database needs a local one", path.display())]
    NetworkFileSystem {
        /// The root.
        path: PathBuf,
        /// The file system's name.
        kind: &'static str,
    },
    /// The file is not a database, or not whole.
    #[error(
        "state database `{}` is damaged: stop every engine of this root, then restore it from a backup, or move it, its \
         -wal and -shm, `containers` and `layers` away to begin anew",
        path.display()
    )]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What SQLite noticed.
        source: rusqlite::Error,
    },
    /// The file is empty, and what it should know is there.
    #[error(
        "state database `{}` is empty, but `{}` is not: it or its -wal was lost; put both back, or move `containers` and `layers` \
         away to begin anew",
        path.display(), directory.display()
    )]
    Lost {
        /// The database file.
        path: PathBuf,
        /// What lies beside it.
        directory: PathBuf,
    },
    /// The file is a database of another program.
    #[error("`{}` is not a state database of Corten: it holds tables of another program", path.display())]
    ForeignDatabase {
        /// The database file.
        path: PathBuf,
    },
    /// A newer version wrote the database.
    #[error(
        "state database `{}` has schema {found}, this version knows schemas up to {known}: use the newer version that wrote it",
        path.display()
    )]
    NewerSchema {
        /// The database file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// Another process held the write lock for longer than anybody should.
    #[error("state database `{}` is kept busy by {}", path.display(), described(*writer))]
    Busy {
        /// The database file.
        path: PathBuf,
        /// The process, where the kernel tells.
        writer: Option<u32>,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// SQLite refused an operation.
    #[error("cannot {what} in state database `{}`", path.display())]
    Database {
        /// The operation.
        what: &'static str,
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl StateError {
    /// Whether there was no room on the disk.
    pub fn is_full_disk(&self) -> bool {
        match self {
            StateError::Database { source, .. } => source.sqlite_error_code() == Some(ErrorCode::DiskFull),
            StateError::File { source, .. } => source.kind() == io::ErrorKind::StorageFull,
            _ => false,
        }
    }

    /// Sorts what SQLite said about `what` on the database at `path` into the variants that a user can act on.
    pub(crate) fn database(what: &'static str, path: &Path, source: rusqlite::Error) -> StateError {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                StateError::Damaged { path, source }
            }
            Some(ErrorCode::DatabaseBusy) => StateError::Busy { writer: writer_of(&path), path, source },
            _ if extended_code(&source) == Some(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => {
                StateError::Dependency { what }
            }
            _ => StateError::Database { what, path, source },
        }
    }

    /// Wraps what the kernel said about an operation on `path`.
    pub(crate) fn file(verb: &'static str, path: &Path, source: impl Into<io::Error>) -> StateError {
        StateError::File { verb, path: path.to_owned(), source: source.into() }
    }
}

/// SQLite's extended result code, which names the constraint that failed.
pub(crate) fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

impl Classified for StateError {
    fn kind(&self) -> Kind {
        match self {
            StateError::NoSuchContainer(_) => Kind::NotFound,
            StateError::AmbiguousPrefix(_) | StateError::EmptyContainerName => Kind::Invalid,
            StateError::NameInUse { .. } | StateError::Dependency { .. } => Kind::Conflict,
            StateError::ContainerExists(_) => Kind::AlreadyExists,
            StateError::ForeignRoot { .. } | StateError::SharedRoot { .. } => Kind::Forbidden,
            StateError::Busy { .. } => Kind::Unavailable,
            StateError::NetworkFileSystem { .. }
            | StateError::File { .. }
            | StateError::Damaged { .. }
            | StateError::Lost { .. }
            | StateError::ForeignDatabase { .. }
            | StateError::NewerSchema { .. }
            | StateError::Database { .. } => Kind::Internal,
        }
    }
}
