//! What an attendant is told, and what it answers.
//!
//! Packets of a socket whose end is an order too: to leave nothing of the container.

use corten_runtime::launch::Launch;
use serde::{Deserialize, Serialize};

use super::complaint::Complaint;
use crate::protocol::{Foreign, Streams};

/// The document of the first packet. Descriptors beside it: this document (memfd), the lock of the root file system; for
/// [`Duty::Container`] then the network namespace if `network`, then, without a terminal, the container's standard streams.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    /// What is started.
    pub(super) launch: Launch,
    /// How it is connected.
    pub(super) streams: Streams,
    /// What an attendant is there for.
    pub(super) duty: Duty,
}

/// What an attendant is there for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Duty {
    /// Has the container made, answered by [`Told::Created`] or a failure, and deleted.
    Container {
        /// By whom.
        foreign: Foreign,
        /// Whether a network namespace comes along.
        network: bool,
    },
    /// Runs the hooks of a container that its monitor makes, `poststart` and `poststop`.
    Hooks {
        /// The container's init, as the host numbers it.
        init: u32,
    },
}

/// Lets the container's program run, or comes after that; answered by [`Told::Started`] or a failure.
pub(super) const START: &[u8] = b"start";

/// Leaves nothing of the container, or comes after that; ends the attendant.
pub(super) const DELETE: &[u8] = b"delete";

/// What an attendant tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// The container is there and waits. Descriptor: the master of its terminal, if it has one.
    Created {
        /// Its init, as the host numbers it.
        pid: u32,
    },
    /// Its program runs.
    Started,
    /// Something failed before the runtime could.
    Failed {
        /// 126, 127 or 128.
        exit_code: i32,
        /// For a person.
        message: String,
    },
    /// The runtime failed.
    Refused(Complaint),
}
