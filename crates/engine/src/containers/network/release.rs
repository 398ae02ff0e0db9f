//! Giving back what a run had of the network: nothing of it is the kernel's any more, which has removed cable and namespace with the
//! last process in it.

use corten_journal::FileLock;
use corten_state::Durability;

use crate::containers::{Container, Inner};
use crate::error::EngineError;

impl Inner {
    /// Gives back the addresses of a container that does not run, for the holder of its lock.
    pub(crate) fn release_network(&self, container_id: &str) -> Result<(), EngineError> {
        let Some(connection) = self.store.read(|tx| tx.connection_of(container_id))? else { return Ok(()) };
        self.store.write(Durability::Normal, |tx| tx.remove_sandbox(&connection.sandbox.id))?;
        Ok(())
    }

    /// The same, unless somebody holds the lock, who will see to it.
    pub(crate) fn release_network_of_ended(&self, container: &Container) -> Result<(), EngineError> {
        if self.store.read(|tx| tx.connection_of(container.id.as_str()))?.is_none() {
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
}
