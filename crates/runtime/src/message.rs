//! What the new process and its starter tell each other while it sets itself up: one JSON document per packet.
//!
//! The end of the channel is part of it: the new process's end closes by execve(2), so the end after [`Message::Executing`] is
//! success, and any other end is a death.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use corten_sys::packet;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Fits every message: operands are paths, of at most 4096 bytes each.
const LARGEST: usize = 32 * 1024;

/// From the new process to its starter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Message {
    /// A step failed; the process is about to end.
    Failed(Failure),
    /// The master of the terminal is beside this packet.
    Terminal,
    /// Its network namespace can be connected. It waits for [`CONTINUE`].
    NetworkDue,
    /// The namespaces and mounts stand, the old root is still there: hooks may run. It waits for [`CONTINUE`].
    HooksDue,
    /// Set up; only the gate is before the program.
    Prepared,
    /// execve(2) is next.
    Executing,
}

/// The starter's first word: the cgroup is there.
pub(crate) const JOIN: &[u8] = b"join";

/// The starter's other word: the network is connected, or the hooks have run.
pub(crate) const CONTINUE: &[u8] = b"continue";

/// Sends one message, with at most one descriptor.
pub(crate) fn tell(channel: impl AsFd, message: &Message, beside: Option<BorrowedFd<'_>>) -> io::Result<()> {
    let bytes = serde_json::to_vec(message)?;
    packet::send(channel, &bytes, beside.as_slice())
}

/// Waits for a word of the starter; `false` where it has ended instead.
pub(crate) fn await_word(channel: impl AsFd, word: &[u8]) -> io::Result<bool> {
    let mut buffer = [0; CONTINUE.len()];
    let packet = packet::receive(channel, &mut buffer)?;
    Ok(&buffer[..packet.length] == word)
}

/// The next message and what came beside it; `None` at the end of the channel.
///
/// # Errors
/// `WouldBlock` when there is none yet; `InvalidData` when it is not one of ours.
pub(crate) fn next(channel: impl AsFd) -> io::Result<Option<(Message, Option<OwnedFd>)>> {
    let mut buffer = [0; LARGEST];
    let packet = packet::receive_now(channel, &mut buffer)?;
    if packet.length == 0 {
        return Ok(None);
    }
    let message = serde_json::from_slice(&buffer[..packet.length])?;
    Ok(Some((message, packet.descriptors.into_iter().next())))
}
