//! Sandboxes with several containers in them: they live, with their addresses, for as long as any of those runs, and who comes back finds
//! what it has left: the same container, or one that was made again under its name.

use corten_error::{Classified as _, Kind};
use corten_state::{Connection, Durability};

use super::connect::{Sandbox, namespace_of, plan};
use super::lease::Wanted;
use super::mode::NetworkMode;
use super::record;
use super::segment::ReadySegment;
use crate::containers::config::{ContainerConfig, HostConfig};
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
            config.host.network_owner = found.name;
        }
        Ok(())
    }

    /// The container whose network one with this configuration shares, or who was made again under its name; `None` where it shares none.
    ///
    /// # Errors
    /// There is neither.
    pub(in crate::containers) fn network_owner(
        &self,
        host: &HostConfig,
    ) -> Result<Option<Container>, EngineError> {
        let NetworkMode::Container(id) = NetworkMode::of(host)? else { return Ok(None) };
        match self.find(id) {
            Err(error) if error.kind() == Kind::NotFound && !host.network_owner.is_empty() => {
                // The id is what the configuration shows.
                self.find(&host.network_owner).map(Some).map_err(|_| error)
            }
            found => found.map(Some),
        }
    }

    /// Notes that a container is in the sandbox of another, which runs.
    pub(super) fn join_sandbox(&self, guest: &Container, owner: &Container) -> Result<(), EngineError> {
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

    /// Takes over what a container of the same name has left to others when it was removed; `None` where there is nothing of that kind, or
    /// the new one is to have other addresses.
    fn adopt_sandbox(
        &self,
        container: &Container,
        ready: &ReadySegment,
    ) -> Result<Option<Connection>, EngineError> {
        let orphans = self.store.read(|tx| tx.orphaned_connections())?;
        for orphan in orphans.into_iter().filter(|orphan| orphan.endpoint.segment_id == ready.row.id) {
            let lease = record::lease(&orphan.endpoint)?;
            let fits = container.config.host.ids.is_none()
                && Wanted::of(&container.config.host.endpoint)?.is_met_by(lease);
            let Some(guest) = self.running_guest(&orphan.sandbox.id)?.filter(|_| fits) else { continue };
            let adopted = guest.config.host.network_owner == container.name
                && self.store.write(Durability::Normal, |tx| {
                    tx.adopt_sandbox(&orphan.sandbox.id, container.id.as_str())
                })?;
            if adopted {
                return Ok(Some(orphan));
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
        let own = self.store.read(|tx| tx.connection_of(container.id.as_str()))?;
        let connection = match own {
            Some(connection) => connection,
            None => match self.adopt_sandbox(container, ready)? {
                Some(connection) => connection,
                None => return Ok(None),
            },
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
