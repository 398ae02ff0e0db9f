//! What an attendant is told, and what it answers.
//!
//! Packets of a socket whose end is an order too: to leave nothing of the container.

use corten_runtime::launch::Launch;
use serde::{Deserialize, Serialize};

use super::complaint::Complaint;
use crate::protocol::{Foreign, Streams};

/// The document of the first packet. Descriptors beside it: this document (memfd), the lock of the root file system, then the network
/// namespace if `network`, then, without a terminal, the container's standard streams.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    /// What is to be started.
    pub(super) launch: Launch,
    /// How it is connected.
    pub(super) streams: Streams,
    /// By whom.
    pub(super) foreign: Foreign,
    /// Whether a network namespace comes along.
    pub(super) network: bool,
}

/// Lets the container's program run; answered by [`Told::Started`] or a failure.
pub(super) const START: &[u8] = b"start";

/// Leaves nothing of the container, and ends.
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
