//! Sole use of a stopped container's root file system: the one place that decides whether it may be mounted or removed.
//!
//! The kernel does not refuse a second mount of one upper directory, and the lock alone is not enough: a killed monitor's
//! container dies some milliseconds after its lock is free. So: the lock, then the recorded init's death, then the mount.

use std::time::Duration;

use corten_journal::FileLock;
use corten_snapshots::ContainerFiles;
use corten_spec::id::ContainerId;

use super::Inner;
use super::observe::await_death;
use super::record::Container;
use super::watch::Watch;
use crate::error::EngineError;

/// How long the end of the last run may take, after its process: generous, as on a machine where hundreds of others end at once.
pub(super) const LAST_RUN_PATIENCE: Duration = Duration::from_secs(60);

/// What came of asking for a container's root file system.
#[derive(Debug)]
pub(crate) enum Reservation {
    /// It is the caller's until the lock is dropped or handed on.
    Granted(FileLock, Box<Container>),
    /// The container runs.
    Running(Box<Container>),
}

impl Inner {
    /// Takes a container's root file system, waiting while another process starts it, buries it or ends.
    ///
    /// # Errors
    /// Not found when it was removed meanwhile; timed out after `patience`.
    pub(crate) fn reserve(&self, id: &ContainerId, patience: Duration) -> Result<Reservation, EngineError> {
        let watch = Watch::new(patience);
        loop {
            if let Some(lock) = self.try_lock(id)? {
                return self.grant(id, lock);
            }
            let container = self.find_again(id)?;
            if container.state.is_running() {
                return Ok(Reservation::Running(Box::new(container)));
            }
            if !watch.goes_on() {
                return Err(EngineError::TimedOut {
                    operation: "waiting for the last run",
                    id: id.to_string(),
                    seconds: patience.as_secs(),
                });
            }
        }
    }

    /// Tries the lock, giving a container whose files somebody else removed new and empty ones.
    pub(super) fn try_lock(&self, id: &ContainerId) -> Result<Option<FileLock>, EngineError> {
        match FileLock::try_exclusive(&self.home.rootfs_lock(id)) {
            Err(error) if error.is_not_found() => {
                // The lock goes after the row: while there is a row, nobody is removing the files.
                self.store.read(|tx| tx.container(id.as_str()))?.ok_or_else(|| no_such(id))?;
                ContainerFiles::prepare(self.home.root(), id)?;
                Ok(FileLock::try_exclusive(&self.home.rootfs_lock(id))?)
            }
            lock => Ok(lock?),
        }
    }

    /// Waits until nobody reaches the files through a mount of the last run any more, for a caller that holds the lock and is about to
    /// mount them anew: no more can come.
    ///
    /// # Errors
    /// Timed out after `patience`.
    pub(crate) fn await_visitors(
        &self,
        container: &Container,
        patience: Duration,
    ) -> Result<(), EngineError> {
        let files = ContainerFiles::of(self.home.root(), &container.id);
        let watch = Watch::new(patience);
        while files.is_visited()? {
            if !watch.goes_on() {
                return Err(EngineError::TimedOut {
                    operation: "waiting for the end of copying files",
                    id: container.id.to_string(),
                    seconds: patience.as_secs(),
                });
            }
        }
        Ok(())
    }

    /// The lock is ours: what it protects must still be there, and nobody may live in it.
    fn grant(&self, id: &ContainerId, lock: FileLock) -> Result<Reservation, EngineError> {
        let Some(row) = self.store.read(|tx| tx.container(id.as_str()))? else {
            self.remove_files(id, lock)?;
            return Err(no_such(id));
        };
        let recorded = row.journal_offset;
        let mut container = Container::from_row(row)?;
        self.fold(&mut container)?;
        if container.journal_offset < recorded {
            self.save_locked(&container)?;
        }
        if container.state.is_running() {
            self.bury_locked(&mut container)?;
        }
        if let Some(init) = &container.state.init {
            await_death(init, id.as_str())?;
        }
        Ok(Reservation::Granted(lock, Box::new(container)))
    }
}

fn no_such(id: &ContainerId) -> EngineError {
    EngineError::NotFound(format!("No such container: {id}"))
}
