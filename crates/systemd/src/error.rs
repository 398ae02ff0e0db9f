//! What can go wrong between this process and systemd.

use std::io;
use std::path::PathBuf;

use corten_error::{Classified, Kind};
use thiserror::Error;

/// Systemd could not be asked, or did not do it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SystemdError {
    /// Neither the system's bus nor systemd itself takes connections.
    #[error("connect to systemd at `{}`", .path.display())]
    Connect {
        /// The socket that was tried last: systemd's own.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The connection broke, or nothing came in time.
    #[error("{operation}")]
    Transfer {
        /// What was under way.
        operation: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The peer does not take this user.
    #[error("D-Bus authentication was refused: `{answer}`")]
    Authentication {
        /// What the peer said.
        answer: String,
    },
    /// What came is no D-Bus message, or not the one that is documented.
    #[error("malformed D-Bus message: {what}")]
    Malformed {
        /// The part that is wrong.
        what: &'static str,
    },
    /// The unit exists already, or is still going away.
    #[error("unit `{unit}` exists already")]
    Exists {
        /// Its name.
        unit: String,
    },
    /// A method call was answered with an error.
    #[error("{name}: {message}")]
    Refused {
        /// The error's name, such as `org.freedesktop.DBus.SystemdError.AccessDenied`.
        name: String,
        /// Its text.
        message: String,
    },
    /// The unit was accepted, but could not be started.
    #[error("start of unit `{unit}` ended with `{result}`")]
    Job {
        /// Its name.
        unit: String,
        /// One of systemd's job results: `failed`, `canceled`, `timeout`, …
        result: String,
    },
}

impl Classified for SystemdError {
    fn kind(&self) -> Kind {
        match self {
            SystemdError::Connect { .. } | SystemdError::Transfer { .. } => Kind::Unavailable,
            SystemdError::Authentication { .. } => Kind::Forbidden,
            SystemdError::Exists { .. } => Kind::AlreadyExists,
            SystemdError::Malformed { .. } | SystemdError::Refused { .. } | SystemdError::Job { .. } => {
                Kind::Internal
            }
        }
    }
}
