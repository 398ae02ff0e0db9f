//! Removing a container: its row says so first, its files go, then the row; a crash in between is finished by the next engine.

use std::fs;
use std::io;
use std::time::Duration;

use corten_error::{Classified as _, Kind};
use corten_journal::FileLock;
use corten_snapshots::ContainerFiles;
use corten_spec::id::ContainerId;
use corten_state::Durability;

use super::record::Container;
use super::reserve::Reservation;
use super::state::Status;
use super::{CGROUP_PATIENCE, Containers, Inner};
use crate::error::EngineError;
use crate::home::ROOTFS_LOCK;
use crate::task::blocking;

/// How long a container that was killed may take to end.
const END_PATIENCE: Duration = Duration::from_secs(10);

/// How a container is removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RemoveOptions {
    /// A running one is killed first.
    pub force: bool,
    /// Its anonymous volumes go too. There are none yet, so nothing else does.
    pub volumes: bool,
}

impl Containers {
    /// Removes a container.
    ///
    /// # Errors
    /// Not found; conflict when it runs and `force` is not given; what keeps its files from being removed.
    pub async fn remove(&self, reference: &str, options: RemoveOptions) -> Result<(), EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || inner.remove(&reference, options)).await
    }
}

impl Inner {
    fn remove(&self, reference: &str, options: RemoveOptions) -> Result<(), EngineError> {
        let container = self.find(reference)?;
        if container.state.is_running() {
            if !options.force {
                return Err(refuse_running(&container));
            }
            self.kill_now(&container)?;
        }
        loop {
            let reserved = match self.reserve(&container.id, END_PATIENCE) {
                Err(EngineError::NotFound(_)) if container.is_being_removed() => return Ok(()),
                reserved => reserved?,
            };
            match reserved {
                Reservation::Granted(lock, container) => return self.remove_reserved(*container, lock),
                // Somebody started it again between the kill and the lock.
                Reservation::Running(container) if options.force => self.kill_now(&container)?,
                Reservation::Running(container) => return Err(refuse_running(&container)),
            }
        }
    }

    /// Removes a container that was to be removed when it ended, if it did and is still there.
    pub(crate) fn remove_ended(&self, reference: &str, patience: Duration) -> Result<(), EngineError> {
        let found = match self.find(reference) {
            Err(error) if error.kind() == Kind::NotFound => return Ok(()),
            found => found?,
        };
        if !found.config.host.auto_remove {
            return Ok(());
        }
        match self.reserve(&found.id, patience)? {
            Reservation::Granted(lock, container) => self.remove_reserved(*container, lock),
            Reservation::Running(_) => Ok(()),
        }
    }

    /// Removes a container whose lock the caller holds.
    ///
    /// The lock goes last: as long as there is a row, there is one lock that everybody meets at.
    pub(crate) fn remove_reserved(
        &self,
        mut container: Container,
        lock: FileLock,
    ) -> Result<(), EngineError> {
        let id = container.id.to_string();
        container.state.status = Status::Removing;
        let state = container.state_document()?;
        // Best effort: with a full disk the files must still go, and only a crash at this very moment would miss the mark.
        let _ = self
            .store
            .write(Durability::Normal, |tx| tx.set_container_state(&id, &state, container.journal_offset));
        self.cgroups.open(&self.cgroup_path(&container))?.remove(CGROUP_PATIENCE)?;
        remove_run_directory(&self.home.run_directory(&container.id))?;
        ContainerFiles::clear(self.home.root(), &container.id, ROOTFS_LOCK)?;
        let removed = self.store.write(Durability::Normal, |tx| tx.remove_container(&id))?;
        self.remove_files(&container.id, lock)?;
        // What somebody else removed, he told of.
        if removed { self.announce(&container, "destroy", std::collections::BTreeMap::new()) } else { Ok(()) }
    }

    /// Removes the directory of a container that has no row (any more), whose lock the caller holds.
    pub(crate) fn remove_files(&self, id: &ContainerId, lock: FileLock) -> Result<(), EngineError> {
        ContainerFiles::remove(self.home.root(), id)?;
        drop(lock);
        Ok(())
    }
}

fn refuse_running(container: &Container) -> EngineError {
    let state = if container.state.paused { "paused" } else { "running" };
    EngineError::Conflict(format!(
        "cannot remove container \"/{}\": container is {state}: stop the container before removing or force remove",
        container.name
    ))
}

fn remove_run_directory(path: &std::path::Path) -> Result<(), EngineError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(EngineError::WriteFile { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}
