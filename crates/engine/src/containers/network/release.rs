//! Giving back what a run had of the network: addresses and ports. Cable and namespace are gone: the kernel has removed them with the last
//! process in there.

use std::time::Duration;

use corten_error::{Classified as _, Kind};
use corten_journal::FileLock;
use corten_state::StateError;

use crate::containers::{Container, Inner, Reservation};
use crate::error::EngineError;

impl Inner {
    /// Gives back the ports of a container that does not run, and its addresses unless somebody else is in its sandbox; lets it leave
    /// another's. For the holder of its lock.
    pub(crate) fn release_network(&self, container_id: &str) -> Result<(), EngineError> {
        self.leave_sandbox(container_id)?;
        let Some(connection) = self.store.read(|tx| tx.connection_of(container_id))? else { return Ok(()) };
        if !connection.ports.is_empty() {
            let _lock = self.lock_networks()?;
            self.withdraw_ports(container_id)?;
        }
        self.remove_empty_sandbox(&connection.sandbox.id)
    }

    /// Whether there is anything to give back.
    fn has_network(&self, container_id: &str) -> Result<bool, EngineError> {
        Ok(self.store.read(|tx| {
            Ok::<_, StateError>(
                tx.connection_of(container_id)?.is_some() || tx.joined_sandbox(container_id)?.is_some(),
            )
        })?)
    }

    /// The same, unless somebody holds the lock, who will see to it.
    pub(crate) fn release_network_of_ended(&self, container: &Container) -> Result<(), EngineError> {
        if !self.has_network(container.id.as_str())? {
            return Ok(());
        }
        let lock = match FileLock::try_exclusive(&self.home.rootfs_lock(&container.id)) {
            Err(error) if error.is_not_found() => return Ok(()),
            lock => lock?,
        };
        if lock.is_none() || self.find_again(&container.id)?.state.is_running() {
            return Ok(());
        }
        self.release_network(container.id.as_str())
    }

    /// The same for a container that has just ended or been lost, waiting for its monitor to let go of it.
    ///
    /// # Errors
    /// What keeps it from being looked at; that it is gone, or runs again, is no error.
    pub(crate) fn release_network_within(
        &self,
        reference: &str,
        patience: Duration,
    ) -> Result<(), EngineError> {
        let found = match self.find(reference) {
            Err(error) if error.kind() == Kind::NotFound => return Ok(()),
            found => found?,
        };
        if !self.has_network(found.id.as_str())? {
            return Ok(());
        }
        match self.reserve(&found.id, patience) {
            Ok(Reservation::Granted(_lock, container)) => self.release_network(container.id.as_str()),
            Ok(Reservation::Running(_)) | Err(EngineError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Gives back what containers have that ended, or are gone, and that nobody has looked at since. Returns whether there was any.
    pub(crate) fn release_all_ended(&self) -> Result<bool, EngineError> {
        let before = self.store.read(|tx| tx.connections())?;
        for container in self.everything()?.iter().filter(|container| !container.state.is_running()) {
            self.release_network_of_ended(container)?;
        }
        for connection in before.iter().filter(|connection| connection.sandbox.container_id.is_none()) {
            self.remove_empty_sandbox(&connection.sandbox.id)?;
        }
        Ok(self.store.read(|tx| tx.connections())?.len() < before.len())
    }
}
