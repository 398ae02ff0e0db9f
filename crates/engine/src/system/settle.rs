//! Waiting until nothing asynchronous is under way, and finishing what a crash left: afterwards the host has nothing more than the
//! running containers need.

use std::thread;
use std::time::{Duration, Instant};

use corten_journal::FileLock;
use corten_snapshots::ContainerFiles;
use corten_spec::id::ContainerId;

use super::System;
use crate::containers::{CGROUP_PATIENCE, Container, Inner, Reservation};
use crate::error::EngineError;
use crate::home::ROOTFS_LOCK;
use crate::task::blocking;

/// How long monitors without a container may stay.
const LEAVING: Duration = Duration::from_secs(10);

/// How often is looked whether they left.
const POLL: Duration = Duration::from_millis(2);

/// How long one container's end may take.
const PATIENCE: Duration = Duration::from_secs(30);

impl System {
    /// Settles. Returns how many things had to be waited for or finished.
    ///
    /// # Errors
    /// When a container's end takes longer than 30 s, or something cannot be removed.
    pub async fn settle(&self) -> Result<u64, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || inner.settle()).await
    }
}

impl Inner {
    fn settle(&self) -> Result<u64, EngineError> {
        let mut finished = 0;
        let mut failed = None;
        for container in self.everything()?.iter().filter(|container| !container.state.is_running()) {
            match self.headroom.draw_on(EngineError::is_full_disk, || self.settle_container(container)) {
                Ok(waited) => finished += u64::from(waited),
                // One that resists must not keep the others.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        let collected = self.collect();
        finished += collected.as_ref().map_or(0, |count| *count);
        self.settle_networks()?;
        self.settle_mounted_volumes()?;
        self.await_leaving_monitors()?;
        self.settle_cgroups()?;
        self.store.move_log()?;
        collected?;
        failed.map_or(Ok(finished), Err)
    }

    /// Waits for the monitor of a container that ended, and removes the container if it was to be removed.
    pub(super) fn settle_container(&self, container: &Container) -> Result<bool, EngineError> {
        let waited = FileLock::is_held(&self.home.rootfs_lock(&container.id))?;
        let (lock, container) = match self.reserve(&container.id, PATIENCE) {
            Ok(Reservation::Granted(lock, container)) => (lock, *container),
            // Started again, or gone: nothing is left to settle.
            Ok(Reservation::Running(_)) | Err(EngineError::NotFound(_)) => return Ok(true),
            Err(error) => return Err(error),
        };
        self.cgroups.open(&self.cgroup_path(&container))?.remove(CGROUP_PATIENCE)?;
        self.release_network(container.id.as_str())?;
        if container.is_to_go() || self.is_cleared(&container.id)? {
            self.remove_reserved(container, lock)?;
            return Ok(true);
        }
        Ok(waited)
    }

    /// Whether a removal that was cut short has taken the files of a container that there is.
    pub(super) fn is_cleared(&self, id: &ContainerId) -> Result<bool, EngineError> {
        Ok(ContainerFiles::is_cleared(self.home.root(), id, ROOTFS_LOCK)?)
    }

    /// Waits for monitors whose containers have ended: they deliver what clients have not taken, or see to a removal. One whose
    /// client takes nothing is not waited for any longer than [`LEAVING`].
    fn await_leaving_monitors(&self) -> Result<(), EngineError> {
        let deadline = Instant::now() + LEAVING;
        while !self.idle_monitors()?.is_empty() && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Removes the cgroups of the monitors and the home itself, as far as nobody is in them.
    fn settle_cgroups(&self) -> Result<(), EngineError> {
        Ok(corten_monitor::home::settle(&self.cgroups, &self.home.monitor_cgroup())?)
    }
}
