//! Why a command did not do what it was asked.
//!
//! It is printed by `log`.

use std::io;

use crate::{RuntimeError, StartFailure};

/// The exit status of a command that failed, as runc's.
const FAILED: i32 = 1;

/// That of an `exec` that failed, as runc's: it cannot be taken for that of many programs.
const EXEC_FAILED: i32 = 255;

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// Words that make no sense.
    #[error("{0}")]
    Usage(String),
    /// What runc has and this does not.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// Not in this state.
    #[error("{0}")]
    State(String),
    /// There is none of that id. The words are runc's.
    #[error("container does not exist")]
    NotFound,
    /// There is one already. The words are runc's.
    #[error("container with given ID already exists")]
    AlreadyExists,
    /// A system call failed.
    #[error("cannot {operation}")]
    Io {
        /// Verb and operand.
        operation: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A document could not be read.
    #[error("cannot read `{path}`")]
    Document {
        /// Which.
        path: String,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// A cgroup could not be read or changed.
    #[error("cannot {operation}")]
    Cgroup {
        /// Verb and operand.
        operation: String,
        /// Why.
        #[source]
        cause: corten_cgroups::CgroupsError,
    },
    /// systemd made no scope.
    #[error("cannot start `{unit}`")]
    Scope {
        /// The unit's name.
        unit: String,
        /// Why.
        #[source]
        cause: corten_systemd::SystemdError,
    },
    /// There was no process.
    #[error("unable to start container process")]
    Spawn(#[from] RuntimeError),
    /// There was one, and it did not come to run its program. The words before the reason are runc's.
    #[error("unable to start container process: {0}")]
    Start(#[from] StartFailure),
    /// Anything of this in an `exec`. The words are runc's.
    #[error("exec failed")]
    Exec(#[source] Box<Self>),
    /// A hook failed after the start.
    #[error("{0}")]
    Hook(String),
}

impl CommandError {
    /// For `map_err`.
    pub(super) fn io<E: Into<io::Error>>(operation: impl Into<String>) -> impl FnOnce(E) -> Self {
        let operation = operation.into();
        move |cause| Self::Io { operation, cause: cause.into() }
    }

    /// For `map_err`.
    pub(super) fn cgroup(operation: impl Into<String>) -> impl FnOnce(corten_cgroups::CgroupsError) -> Self {
        let operation = operation.into();
        move |cause| Self::Cgroup { operation, cause }
    }

    pub(super) fn exit_status(&self) -> i32 {
        match self {
            Self::Exec(_) => EXEC_FAILED,
            _ => FAILED,
        }
    }
}
