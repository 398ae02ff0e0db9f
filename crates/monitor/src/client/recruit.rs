//! Starting the processes of the small binary that become monitors and keepers, some of them ahead.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::Child;

use corten_sys::packet;

use crate::client::ClientError;
use crate::client::launch::execute;

/// A process that was started ahead and waits to be told what it is. It ends with this value, and with the process that has it.
#[derive(Debug)]
pub struct Recruit {
    /// Both are there until it is employed.
    waiting: Option<(OwnedFd, Child)>,
}

impl Recruit {
    /// Starts one.
    ///
    /// # Errors
    /// [`ClientError::Channel`] and [`ClientError::Spawn`].
    pub fn start(program: &Path) -> Result<Self, ClientError> {
        let (here, there) = packet::pair().map_err(ClientError::Channel)?;
        let child = execute(program, &[], there)?;
        Ok(Self { waiting: Some((here, child)) })
    }

    /// Whether it still waits: somebody may have ended it.
    pub fn is_waiting(&mut self) -> bool {
        self.waiting.as_mut().is_some_and(|(_, child)| matches!(child.try_wait(), Ok(None)))
    }
}

impl Drop for Recruit {
    fn drop(&mut self) {
        if let Some((channel, mut child)) = self.waiting.take() {
            drop(channel);
            // It ends at once where it finds the channel closed. An error means that somebody else has reaped it.
            let _ = child.wait();
        }
    }
}

/// Gives the order that `order` sends to the recruit, or where there is none to a new process. Returns the channel to that one, and
/// the child, which ends as soon as it has made a copy of itself.
///
/// # Errors
/// What `order` says; [`ClientError::Channel`] and [`ClientError::Spawn`].
pub(super) fn employ(
    program: &Path,
    recruit: Option<Recruit>,
    order: impl Fn(BorrowedFd<'_>) -> Result<(), ClientError>,
) -> Result<(OwnedFd, Child), ClientError> {
    if let Some(mut recruit) = recruit
        && let Some((channel, child)) = recruit.waiting.take()
    {
        match order(channel.as_fd()) {
            Ok(()) => return Ok((channel, child)),
            // It was ended meanwhile.
            Err(ClientError::Gone) => drop(Recruit { waiting: Some((channel, child)) }),
            Err(error) => {
                drop(Recruit { waiting: Some((channel, child)) });
                return Err(error);
            }
        }
    }
    let (here, there) = packet::pair().map_err(ClientError::Channel)?;
    // Sent before there is anybody to read it: the process finds it and need not be woken.
    order(here.as_fd())?;
    Ok((here, execute(program, &[], there)?))
}
