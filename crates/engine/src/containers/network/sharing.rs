//! Sandboxes with several containers in them: they live, with their addresses, for as long as any of those runs, and who comes back finds
//! what it has left.

use corten_error::{Classified as _, Kind};
use corten_state::Durability;

use super::connect::{Sandbox, namespace_of, plan};
use super::mode::NetworkMode;
use super::record;
use super::segment::ReadySegment;
use crate::containers::config::ContainerConfig;
use crate::containers::{Container, Inner};
use crate::error::EngineError;

impl Inner {
    /// Names the container whose network is to be shared by its id, which does not change.
    ///
    /// # Errors
    /// There is none. That is the request's fault: clients take "not found" to be said of the image, and pull it.
    pub(in crate::containers) fn settle_network_mode(
        &self,
        config: &mut ContainerConfig,
    ) -> Result<(), EngineError> {
        if let NetworkMode::Container(name) = NetworkMode::of(&config.host)? {
            let found = self.find(name).map_err(|error| match error.kind() {
                Kind::NotFound => EngineError::Invalid(corten_error::chain(&error)),
                _ => error,
            })?;
            config.host.network_mode = format!("container:{}", found.id);
        }
        Ok(())
    }

    /// Notes that a container is in the sandbox of another, which runs.
    pub(super) fn join_sandbox(&self, guest: &Container, owner: &str) -> Result<(), EngineError> {
        let owner = self.find(owner)?;
        let sandbox = self.store.read(|tx| tx.connection_of(owner.id.as_str()))?.map(|found| found.sandbox);
        let sandbox = match sandbox {
            Some(sandbox) => Some(sandbox),
            None => self.store.read(|tx| tx.joined_sandbox(owner.id.as_str()))?,
        };
        // Of one without a network of the engine's there is nothing to keep.
        let Some(sandbox) = sandbox else { return Ok(()) };
        Ok(self.store.write(Durability::Normal, |tx| tx.join_sandbox(guest.id.as_str(), &sandbox.id))?)
    }

    /// Notes that a container is in no other's sandbox any more, and takes that away if it was the last.
    pub(super) fn leave_sandbox(&self, guest: &str) -> Result<(), EngineError> {
        let Some(sandbox) = self.store.read(|tx| tx.joined_sandbox(guest))? else { return Ok(()) };
        self.store.write(Durability::Normal, |tx| tx.leave_sandbox(guest))?;
        match &sandbox.container_id {
            None => self.remove_empty_sandbox(&sandbox.id),
            Some(owner) => match self.store.read(|tx| tx.container(owner))? {
                Some(row) => self.release_network_of_ended(&Container::from_row(row)?),
                None => Ok(()),
            },
        }
    }

    /// Gives back what belongs to a sandbox, unless a container that runs is in there as a guest.
    pub(super) fn remove_empty_sandbox(&self, sandbox_id: &str) -> Result<(), EngineError> {
        if self.running_guest(sandbox_id)?.is_none() {
            self.store.write(Durability::Normal, |tx| tx.remove_sandbox(sandbox_id))?;
        }
        Ok(())
    }

    fn running_guest(&self, sandbox_id: &str) -> Result<Option<Container>, EngineError> {
        for guest in self.store.read(|tx| tx.sandbox_guests(sandbox_id))? {
            let guest = self.find(&guest)?;
            if guest.state.is_running() {
                return Ok(Some(guest));
            }
        }
        Ok(None)
    }

    /// The sandbox that a container had when it ended, where others have kept it; its ports are published anew.
    pub(super) fn return_to_sandbox(
        &self,
        container: &Container,
        ready: &ReadySegment,
    ) -> Result<Option<Sandbox>, EngineError> {
        let Some(connection) = self.store.read(|tx| tx.connection_of(container.id.as_str()))? else {
            return Ok(None);
        };
        let Some(guest) = self.running_guest(&connection.sandbox.id)? else { return Ok(None) };
        // While the process is known to be there, its number is its own.
        let (pid, _alive) = self.init_of(&guest)?;
        let namespace = namespace_of(pid)?;
        self.init_of(&guest)?;
        let mut sandbox = plan(ready, record::lease(&connection.endpoint)?, &connection.endpoint.id)?;
        sandbox.namespace = Some(namespace);
        sandbox.ports = self.publish(container, &sandbox.lease, &connection.endpoint.id)?;
        Ok(Some(sandbox))
    }
}
