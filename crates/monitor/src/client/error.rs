//! What can go wrong between an engine and a monitor. What a monitor refuses is no error here but a reply.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use corten_error::{Classified, Kind};
use thiserror::Error;

/// A failed operation on a monitor.
#[derive(Debug, Error)]
pub enum ClientError {
    /// No socket pair, or no memory for a document.
    #[error("cannot open a channel to a monitor")]
    Channel(#[source] io::Error),
    /// The monitor's program could not be started.
    #[error("cannot start monitor `{}`", program.display())]
    Spawn {
        /// Its path.
        program: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// More clients than descriptors fit beside one packet.
    #[error("cannot attach {0} clients to one start")]
    TooManyClients(usize),
    /// No monitor listens there: the container does not run, or its monitor was killed.
    #[error("cannot connect to the monitor in `{}`", run.display())]
    Connect {
        /// The container's run directory.
        run: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A request could not be sent.
    #[error("cannot send a request to the monitor")]
    Send(#[source] io::Error),
    /// A reply could not be received.
    #[error("cannot receive from the monitor")]
    Receive(#[source] io::Error),
    /// What came is no reply.
    #[error("cannot understand the monitor")]
    Malformed(#[source] serde_json::Error),
    /// The monitor did not answer in time.
    #[error("the monitor did not answer in time")]
    Deadline,
    /// The monitor has ended, or has cut this connection.
    #[error("the monitor is gone")]
    Gone,
    /// The process that holds published ports has ended instead of taking them.
    #[error("the process that holds published ports has ended: {0}")]
    Relay(ExitStatus),
}

impl Classified for ClientError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooManyClients(_) => Kind::Invalid,
            Self::Connect { .. } | Self::Deadline | Self::Gone => Kind::Unavailable,
            Self::Channel(_)
            | Self::Spawn { .. }
            | Self::Send(_)
            | Self::Receive(_)
            | Self::Malformed(_)
            | Self::Relay(_) => Kind::Internal,
        }
    }
}
