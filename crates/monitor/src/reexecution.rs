//! How the state of a monitor gets from one program to its successor in the same process.
//!
//! The descriptors wait in the queue of a socket whose reading end is the successor's standard input, the state in sealed memory
//! beside them. So nothing has to be made inheritable: if execve(2) fails, the old program goes on with what it had, and the new
//! one owns exactly what it takes out of the queue. Pipes, sockets, pidfds and locks survive the transit (unix(7), SCM_RIGHTS).

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use corten_sys::packet::{self, MAX_DESCRIPTORS};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::control::{document, seal};
use crate::refusal::Refusal;
use crate::stdio::non_blocking;

/// Why a successor could not take over.
#[derive(Debug, Error)]
pub(crate) enum ResumeError {
    /// The queue is not as [`pack`] left it.
    #[error("cannot receive what the predecessor left")]
    Receive(#[source] io::Error),
    /// The state is no state that this program knows.
    #[error("cannot read the predecessor's state: {0:?}")]
    State(Refusal),
    /// The state names a descriptor that did not come, or names it twice.
    #[error("descriptor {0} is missing")]
    Missing(u32),
    /// Something that the successor opens itself.
    #[error("cannot open {0} again")]
    Reopen(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Descriptors on their way out; the state refers to them by number.
#[derive(Debug, Default)]
pub(crate) struct Outgoing<'a>(Vec<BorrowedFd<'a>>);

impl<'a> Outgoing<'a> {
    /// Adds one and says where it went.
    pub(crate) fn put(&mut self, descriptor: BorrowedFd<'a>) -> u32 {
        self.0.push(descriptor);
        self.0.len() as u32 - 1
    }
}

/// Descriptors that came in.
#[derive(Debug, Default)]
pub(crate) struct Incoming(Vec<Option<OwnedFd>>);

impl Incoming {
    /// Takes one out.
    ///
    /// # Errors
    /// [`ResumeError::Missing`].
    pub(crate) fn take(&mut self, slot: u32) -> Result<OwnedFd, ResumeError> {
        self.0.get_mut(slot as usize).and_then(Option::take).ok_or(ResumeError::Missing(slot))
    }
}

/// Queues state and descriptors; returns the end to read them from.
///
/// # Errors
/// What socketpair(2), memfd_create(2) and sendmsg(2) say; `EAGAIN` when there are too many for one socket's queue.
pub(crate) fn pack(state: &impl Serialize, outgoing: &Outgoing<'_>) -> io::Result<OwnedFd> {
    let (far, near) = packet::pair()?;
    let near = non_blocking(near)?;
    let state = seal("corten-monitor-state", state)?;
    let count = u32::try_from(outgoing.0.len()).unwrap_or(u32::MAX).to_be_bytes();
    packet::send(&near, &count, &[state.as_fd()])?;
    for some in outgoing.0.chunks(MAX_DESCRIPTORS) {
        packet::send(&near, b"+", some)?;
    }
    Ok(far)
}

/// Takes state and descriptors out of the queue.
///
/// # Errors
/// Where the queue holds something else.
pub(crate) fn unpack<T: DeserializeOwned>(socket: impl AsFd) -> Result<(T, Incoming), ResumeError> {
    let mut count = [0; 4];
    let first = packet::receive_now(&socket, &mut count).map_err(ResumeError::Receive)?;
    let [state] = &first.descriptors[..] else {
        return Err(ResumeError::Receive(io::ErrorKind::InvalidData.into()));
    };
    let state = document(state).map_err(ResumeError::State)?;
    let mut incoming = Vec::new();
    while incoming.len() < u32::from_be_bytes(count) as usize {
        let some = packet::receive_now(&socket, &mut [0; 1]).map_err(ResumeError::Receive)?;
        if some.descriptors.is_empty() {
            return Err(ResumeError::Receive(io::ErrorKind::UnexpectedEof.into()));
        }
        incoming.extend(some.descriptors.into_iter().map(Some));
    }
    Ok((state, Incoming(incoming)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::fstat;

    #[test]
    fn state_and_more_descriptors_than_one_packet_holds_arrive_in_order() {
        let files: Vec<OwnedFd> = (0..40).map(|_| tempfile::tempfile().unwrap().into()).collect();
        let mut outgoing = Outgoing::default();
        let slots: Vec<u32> = files.iter().map(|file| outgoing.put(file.as_fd())).collect();
        let socket = pack(&slots, &outgoing).unwrap();
        let (state, mut incoming): (Vec<u32>, Incoming) = unpack(&socket).unwrap();
        for (slot, file) in state.into_iter().zip(&files) {
            let came = incoming.take(slot).unwrap();
            assert_eq!(fstat(&came).unwrap().st_ino, fstat(file).unwrap().st_ino);
            assert!(matches!(incoming.take(slot), Err(ResumeError::Missing(_))));
        }
    }

    #[test]
    fn an_empty_queue_is_an_error_not_a_wait() {
        let (here, _there) = packet::pair().unwrap();
        assert!(matches!(unpack::<u32>(&here), Err(ResumeError::Receive(_))));
    }
}
