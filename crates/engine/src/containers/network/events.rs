//! What is told of networks.

use corten_journal::NewEvent;
use corten_monitor::protocol::ConnectedNetwork;
use corten_monitor::{joined, left};
use corten_spec::time::Timestamp;

use crate::clock::now;
use crate::containers::{Container, Inner};
use crate::error::EngineError;

impl Inner {
    /// The network that a container is on; `None` for one that shares another container's.
    pub(crate) fn network_of(&self, container: &Container) -> Result<Option<ConnectedNetwork>, EngineError> {
        let name = container.network();
        let Some(driver) = crate::networks::driver_of(name) else { return Ok(None) };
        let row = self.store.read(|tx| tx.network_by_name(name))?;
        let id = row.map_or_else(|| self.network_id(name), |row| row.id);
        Ok(Some(ConnectedNetwork { id, name: name.to_owned(), driver: driver.to_owned() }))
    }

    /// Tells that a container is about to be on its network.
    pub(crate) fn tell_of_connection(
        &self,
        container: &Container,
        network: Option<&ConnectedNetwork>,
    ) -> Result<(), EngineError> {
        network
            .map_or(Ok(()), |network| self.append_of_network(&joined(network, container.id.as_str(), now())))
    }

    /// Tells that a container is on its network no more, where its monitor cannot.
    pub(crate) fn tell_of_disconnection(
        &self,
        container: &Container,
        at: Timestamp,
    ) -> Result<(), EngineError> {
        let network = self.network_of(container)?;
        network.map_or(Ok(()), |network| self.append_of_network(&left(&network, container.id.as_str(), at)))
    }

    /// A disk without room for that makes no failure of what is done.
    fn append_of_network(&self, event: &NewEvent) -> Result<(), EngineError> {
        match self.headroom.draw_on(EngineError::is_full_disk, || self.events.append(event)) {
            Err(error) if error.is_full_disk() => Ok(()),
            told => told,
        }
    }
}
