//! Starting the processes of the small binary that become monitors and keepers, some of them ahead.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use corten_sys::{packet, pidfd};

use crate::client::ClientError;
use crate::client::launch::{execute, sent};
use crate::recruit::{WAIT, WAITING};

/// How long one that is not needed may take to end. It waits for nothing else than that.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// A process that was started ahead and waits to be told what it is. It ends with this value, and with the process that has it.
#[derive(Debug)]
pub struct Recruit {
    /// Both are there until it is employed: the channel to it, and its pidfd.
    waiting: Option<(OwnedFd, OwnedFd)>,
}

impl Recruit {
    /// Starts one that waits in the cgroup of monitors.
    ///
    /// # Errors
    /// [`ClientError::Channel`], [`ClientError::Send`], [`ClientError::Spawn`], [`ClientError::Receive`]; [`ClientError::Gone`] where it
    /// cannot wait there.
    pub fn start(program: &Path, monitor_cgroup: &str) -> Result<Self, ClientError> {
        let (here, there) = packet::pair().map_err(ClientError::Channel)?;
        sent(packet::send(&here, &[WAIT, monitor_cgroup.as_bytes()].concat(), &[]))?;
        let mut child = execute(program, &[], there)?;
        let mut word = [0; WAITING.len()];
        let answer = packet::receive(&here, &mut word).map_err(ClientError::Receive);
        // It ends once it has made a copy, which answers, or cannot. An error means that somebody else (a SIGCHLD handler) has reaped it.
        let _ = child.wait();
        let copy = answer?.descriptors.pop().ok_or(ClientError::Gone)?;
        Ok(Self { waiting: Some((here, copy)) })
    }

    /// Whether it still waits: somebody may have ended it.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.waiting
            .as_ref()
            .is_some_and(|(_, process)| matches!(pidfd::ends_within(process, Duration::ZERO), Ok(false)))
    }

    /// Gives it the order that `order` sends, and returns the channel to it; `None` where it has ended meanwhile.
    fn employ(
        mut self,
        order: impl Fn(BorrowedFd<'_>) -> Result<(), ClientError>,
    ) -> Result<Option<OwnedFd>, ClientError> {
        let Some((channel, _)) = &self.waiting else { return Ok(None) };
        match order(channel.as_fd()) {
            Ok(()) => Ok(self.waiting.take().map(|(channel, _)| channel)),
            Err(ClientError::Gone) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Recruit {
    fn drop(&mut self) {
        if let Some((channel, process)) = self.waiting.take() {
            drop(channel);
            // It ends where it finds the channel closed; waiting for that is only neat.
            let _ = pidfd::ends_within(&process, END_PATIENCE);
        }
    }
}

/// Gives the order that `order` sends to the recruit, or where there is none to a new process. Returns the channel to that one, and of
/// a new one the child, which ends as soon as it has made a copy of itself.
///
/// # Errors
/// What `order` says; [`ClientError::Channel`] and [`ClientError::Spawn`].
pub(super) fn employ(
    program: &Path,
    recruit: Option<Recruit>,
    order: impl Fn(BorrowedFd<'_>) -> Result<(), ClientError>,
) -> Result<(OwnedFd, Option<Child>), ClientError> {
    let employed = recruit.map(|recruit| recruit.employ(&order)).transpose()?.flatten();
    if let Some(channel) = employed {
        return Ok((channel, None));
    }
    let (here, there) = packet::pair().map_err(ClientError::Channel)?;
    // Sent before there is anybody to read it: the process finds it and need not be woken.
    order(here.as_fd())?;
    Ok((here, Some(execute(program, &[], there)?)))
}
