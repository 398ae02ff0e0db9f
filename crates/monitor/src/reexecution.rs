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
    #[error("cannot read the predecessor's state: {}", .0.clone().into_message())]
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
    queue(&seal("corten-monitor-state", state)?, &outgoing.0)
}

fn queue(state: &OwnedFd, descriptors: &[BorrowedFd<'_>]) -> io::Result<OwnedFd> {
    let (far, near) = packet::pair()?;
    let near = non_blocking(near)?;
    let count = u32::try_from(descriptors.len()).unwrap_or(u32::MAX).to_be_bytes();
    packet::send(&near, &count, &[state.as_fd()])?;
    for some in descriptors.chunks(MAX_DESCRIPTORS) {
        packet::send(&near, b"+", some)?;
    }
    Ok(far)
}

/// What came out of the queue. It stays whole until it is known that the successor can go on with it.
#[derive(Debug)]
pub(crate) struct Parcel {
    state: OwnedFd,
    descriptors: Vec<OwnedFd>,
}

impl Parcel {
    /// Takes everything out of the queue.
    ///
    /// # Errors
    /// Where the queue holds something else.
    pub(crate) fn receive(socket: impl AsFd) -> Result<Self, ResumeError> {
        let mut count = [0; 4];
        let first = packet::receive_now(&socket, &mut count).map_err(ResumeError::Receive)?;
        let Ok([state]) = <[OwnedFd; 1]>::try_from(first.descriptors) else {
            return Err(ResumeError::Receive(io::ErrorKind::InvalidData.into()));
        };
        let mut descriptors = Vec::new();
        while descriptors.len() < u32::from_be_bytes(count) as usize {
            let some = packet::receive_now(&socket, &mut [0; 1]).map_err(ResumeError::Receive)?;
            if some.descriptors.is_empty() {
                return Err(ResumeError::Receive(io::ErrorKind::UnexpectedEof.into()));
            }
            descriptors.extend(some.descriptors);
        }
        Ok(Self { state, descriptors })
    }

    /// The state, as far as `T` knows it.
    ///
    /// # Errors
    /// [`ResumeError::State`].
    pub(crate) fn state<T: DeserializeOwned>(&self) -> Result<T, ResumeError> {
        document(&self.state).map_err(ResumeError::State)
    }

    /// Copies of the descriptors.
    ///
    /// # Errors
    /// [`ResumeError::Receive`] where this process may not have as many.
    pub(crate) fn descriptors(&self) -> Result<Incoming, ResumeError> {
        let copies = self.descriptors.iter().map(|descriptor| descriptor.try_clone().map(Some));
        copies.collect::<Result<_, _>>().map(Incoming).map_err(ResumeError::Receive)
    }

    /// One of the descriptors.
    pub(crate) fn descriptor(&self, slot: u32) -> Option<BorrowedFd<'_>> {
        self.descriptors.get(slot as usize).map(AsFd::as_fd)
    }

    /// Queues all of it again, as it came.
    ///
    /// # Errors
    /// As [`pack`].
    pub(crate) fn forward(&self) -> io::Result<OwnedFd> {
        queue(&self.state, &self.descriptors.iter().map(AsFd::as_fd).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::fstat;

    fn queued(files: &[OwnedFd]) -> OwnedFd {
        let mut outgoing = Outgoing::default();
        let slots: Vec<u32> = files.iter().map(|file| outgoing.put(file.as_fd())).collect();
        pack(&slots, &outgoing).unwrap()
    }

    fn assert_holds(parcel: &Parcel, files: &[OwnedFd]) {
        let slots: Vec<u32> = parcel.state().unwrap();
        let mut incoming = parcel.descriptors().unwrap();
        assert_eq!(slots.len(), files.len());
        for (slot, file) in slots.into_iter().zip(files) {
            let came = incoming.take(slot).unwrap();
            assert_eq!(fstat(&came).unwrap().st_ino, fstat(file).unwrap().st_ino);
            assert!(matches!(incoming.take(slot), Err(ResumeError::Missing(_))));
        }
    }

    #[test]
    fn state_and_more_descriptors_than_one_packet_holds_arrive_in_order_and_can_be_passed_on() {
        let files: Vec<OwnedFd> = (0..40).map(|_| tempfile::tempfile().unwrap().into()).collect();
        let parcel = Parcel::receive(queued(&files)).unwrap();
        assert_holds(&parcel, &files);
        assert_holds(&Parcel::receive(parcel.forward().unwrap()).unwrap(), &files);
    }

    #[test]
    fn an_empty_queue_is_an_error_not_a_wait() {
        let (here, _there) = packet::pair().unwrap();
        assert!(matches!(Parcel::receive(&here), Err(ResumeError::Receive(_))));
    }
}
