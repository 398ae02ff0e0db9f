//! New limits for a container: recorded, and given to the kernel at once where it runs; and a new restart policy, which holds from its next
//! end on.

use std::collections::BTreeMap;
use std::time::Duration;

use corten_journal::{FileLock, Record};
use corten_spec::id::ContainerId;
use corten_state::Durability;

use super::config::ResourcesConfig;
use super::prepare::block_devices;
use super::record::Container;
use super::reserve::Reservation;
use super::restart::RestartPolicy;
use super::{Containers, Inner, launch_plan};
use crate::clock::now;
use crate::error::EngineError;
use crate::task::blocking;

/// How long somebody else may take to start, end or freeze the same container.
const PATIENCE: Duration = Duration::from_secs(10);

impl Containers {
    /// Changes limits and the restart policy; what `change` leaves open (zero, empty, `None`) stays. A limit of processes of 0 or less
    /// takes that limit away. Returns what the user should know: a limit that this kernel does not have, say.
    ///
    /// If the kernel refuses one of them, all are what they were.
    ///
    /// # Errors
    /// Not found; a limit that makes no sense, or contradicts one that was set before; what the kernel refused; a policy for a container
    /// that is to be removed at its end.
    pub async fn update(
        &self,
        reference: &str,
        change: ResourcesConfig,
        restart: Option<RestartPolicy>,
    ) -> Result<Vec<String>, EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || inner.update(&reference, change, restart)).await
    }
}

impl Inner {
    fn update(
        &self,
        reference: &str,
        mut change: ResourcesConfig,
        restart: Option<RestartPolicy>,
    ) -> Result<Vec<String>, EngineError> {
        let warnings = launch_plan::adapt(&mut change, &|limit| self.cgroups.has(limit));
        launch_plan::validate_change(&change)?;
        let (cpus, nodes) = (crate::host::online_cpus(), crate::host::online_memory_nodes());
        launch_plan::validate_cpuset(&change, &cpus, &nodes)?;
        let found = self.find(reference)?;
        self.update_found(&found, &change, restart)
            .map_err(|source| EngineError::Update { id: found.id.to_string(), source: Box::new(source) })?;
        Ok(warnings)
    }

    fn update_found(
        &self,
        found: &Container,
        change: &ResourcesConfig,
        restart: Option<RestartPolicy>,
    ) -> Result<(), EngineError> {
        let (_alone, container) = self.hold(&found.id)?;
        if container.is_being_removed() {
            let text = "container is marked for removal and cannot be \"update\"";
            return Err(EngineError::Conflict(text.to_owned()));
        }
        let policy = new_policy(&container, restart)?;
        let before = &container.config.host;
        // What an older program has recorded does not say yet what it implies.
        let mut present = before.resources.clone();
        launch_plan::fill_in(&mut present);
        let after = launch_plan::merge_limits(&present, change)?;
        let devices = block_devices(&change.block_io)?;
        let live = launch_plan::limits(&launch_plan::touched_limits(&after, change), &devices)?;
        // First what is wanted: a full disk then refuses before anything has changed.
        self.prepare_policy(&container, policy)?;
        self.record(&container.id, &after, policy)?;
        if container.state.is_running() {
            let applied = self.cgroups.open(&self.cgroup_path(&container))?.update(&live);
            // One that ended meanwhile has no cgroup; the record is what its next start goes by.
            if let Err(refused) = applied
                && self.find_again(&container.id)?.state.is_running()
            {
                self.record(&container.id, &before.resources, before.restart)?;
                return Err(refused.into());
            }
        }
        self.follow_policy(&container, policy)?;
        self.tell(&container, "update", BTreeMap::new())
    }

    /// Keeps others from starting, freezing or updating the container, and says how it is.
    fn hold(&self, id: &ContainerId) -> Result<(Option<FileLock>, Container), EngineError> {
        match self.reserve(id, PATIENCE)? {
            Reservation::Granted(lock, container) => Ok((Some(lock), *container)),
            Reservation::Running(container) => self.alone_with(&container),
        }
    }

    fn record(
        &self,
        id: &ContainerId,
        limits: &ResourcesConfig,
        policy: RestartPolicy,
    ) -> Result<(), EngineError> {
        self.store.write(Durability::Full, |tx| {
            let row = tx.container(id.as_str())?;
            let row = row.ok_or_else(|| EngineError::NotFound(format!("No such container: {id}")))?;
            let mut container = Container::from_row(row)?;
            container.config.host.resources = limits.clone();
            container.config.host.restart = policy;
            Ok(tx.set_container_config(id.as_str(), &container.to_row()?.config)?)
        })
    }

    /// Keeps a new policy from bringing back what has ended before it. For the holder of the lock of a container that does not run.
    fn prepare_policy(&self, container: &Container, policy: RestartPolicy) -> Result<(), EngineError> {
        if !container.is_up() && with_policy(container, policy).is_restarting() {
            self.note(container, &Record::EndStays { at: now() })?;
        }
        Ok(())
    }

    /// Has a new policy followed: by whoever waits to bring the container back, or by somebody at the end of a run that began without
    /// a reason to look at it then.
    fn follow_policy(&self, container: &Container, policy: RestartPolicy) -> Result<(), EngineError> {
        if container.is_restarting() {
            self.ring(&container.id);
        }
        let needs_looking_at = self.reaper_of(&with_policy(container, policy))?.is_some();
        if container.state.is_running() && needs_looking_at && self.reaper_of(container)?.is_none() {
            self.watch_for_end(container)?;
        }
        Ok(())
    }
}

fn with_policy(container: &Container, policy: RestartPolicy) -> Container {
    let mut container = container.clone();
    container.config.host.restart = policy;
    container
}

/// The policy that a container has from now on; the words are Docker's.
fn new_policy(container: &Container, asked: Option<RestartPolicy>) -> Result<RestartPolicy, EngineError> {
    let host = &container.config.host;
    match asked {
        Some(policy) if host.auto_remove && policy != RestartPolicy::No => Err(EngineError::Conflict(
            "Restart policy cannot be updated because AutoRemove is enabled for the container".to_owned(),
        )),
        asked => Ok(asked.unwrap_or(host.restart)),
    }
}
