//! A relay as the engine has it that starts it: it takes sockets from before a container starts, and goes on alone once there is one.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::Child;

use corten_sys::packet::{self, MAX_DESCRIPTORS};

use super::RELAY;
use super::order::{Listening, Packet};
use crate::client::{ClientError, execute};

/// How many sockets it takes at once.
pub const AT_ONCE: usize = MAX_DESCRIPTORS;

/// A relay that does not serve yet. Dropped, or with the end of this process, it ends, and nobody holds its sockets any more.
#[derive(Debug)]
pub struct Relay {
    /// `None` once nothing is left to say.
    channel: Option<OwnedFd>,
    child: Child,
}

impl Relay {
    /// Starts one that holds nothing.
    ///
    /// # Errors
    /// [`ClientError::Channel`] and [`ClientError::Spawn`].
    pub fn start(program: &Path) -> Result<Self, ClientError> {
        let (here, there) = packet::pair().map_err(ClientError::Channel)?;
        Ok(Self { channel: Some(here), child: execute(program, &[RELAY], there)? })
    }

    /// Hands it sockets, which do not block: [`AT_ONCE`] at most. The caller needs them no longer.
    ///
    /// # Errors
    /// [`ClientError::Send`].
    pub fn hold(&mut self, sockets: &[(Listening, BorrowedFd<'_>)]) -> Result<(), ClientError> {
        let (listening, sockets): (Vec<Listening>, Vec<_>) = sockets.iter().copied().unzip();
        self.tell(&Packet::Hold(listening), &sockets)
    }

    /// Has it serve the sockets until the process `init` ends; from then on it needs nobody.
    ///
    /// # Errors
    /// [`ClientError::Send`]; [`ClientError::Channel`] when it cannot be waited for; [`ClientError::Relay`] when it has not taken all.
    pub fn serve(mut self, init: BorrowedFd<'_>, monitor_cgroup: &str) -> Result<(), ClientError> {
        self.tell(&Packet::Serve { monitor_cgroup: monitor_cgroup.to_owned() }, &[init])?;
        self.channel = None;
        // It makes a copy of itself, and ends, once it has them all.
        let status = self.child.wait().map_err(ClientError::Channel)?;
        if status.success() { Ok(()) } else { Err(ClientError::Relay(status)) }
    }

    fn tell(&self, message: &Packet, beside: &[BorrowedFd<'_>]) -> Result<(), ClientError> {
        let Some(channel) = &self.channel else { return Err(ClientError::Gone) };
        let bytes = serde_json::to_vec(message).map_err(|error| ClientError::Send(error.into()))?;
        packet::send(channel.as_fd(), &bytes, beside).map_err(ClientError::Send)
    }
}

impl Drop for Relay {
    /// Who wants the ports next finds them free.
    fn drop(&mut self) {
        self.channel = None;
        // There is nobody to tell that it cannot be waited for.
        let _ = self.child.wait();
    }
}
