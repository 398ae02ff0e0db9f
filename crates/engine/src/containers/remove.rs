//! Removing a container: its row says so first, its files go, then the row; a crash in between is finished by the next engine.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use corten_error::{Classified as _, Kind};
use corten_journal::FileLock;
use corten_snapshots::ContainerFiles;
use corten_spec::id::ContainerId;
use corten_state::{Durability, StateError};

use super::observe::await_death;
use super::record::Container;
use super::reserve::{LAST_RUN_PATIENCE, Reservation};
use super::state::Status;
use super::watch::Watch;
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
    /// Its anonymous volumes go too, unless another container has them.
    pub volumes: bool,
}

impl Containers {
    /// Removes a container.
    ///
    /// # Errors
    /// Not found; conflict when it runs and `force` is not given; what keeps its files from being removed.
    pub async fn remove(&self, reference: &str, options: RemoveOptions) -> Result<(), EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || {
            inner.headroom.draw_on_to_free(EngineError::is_full_disk, || inner.remove(&reference, options))
        })
        .await
    }
}

impl Inner {
    pub(super) fn remove(&self, reference: &str, options: RemoveOptions) -> Result<(), EngineError> {
        let container = match self.find(reference) {
            Err(error) if options.force && error.is_damage() => return self.remove_unseen(reference),
            found => found?,
        };
        let removing = container.is_being_removed();
        match self.remove_found(&container, reference, options) {
            // Somebody else removed it meanwhile, as was asked.
            Err(EngineError::NotFound(_)) if removing || options.force => Ok(()),
            removed => removed,
        }
    }

    fn remove_found(
        &self,
        container: &Container,
        reference: &str,
        options: RemoveOptions,
    ) -> Result<(), EngineError> {
        let mut running = container.state.is_running().then(|| container.clone());
        loop {
            match running {
                Some(container) if options.force => self.end_now(&container)?,
                Some(container) => return Err(refuse_running(&container, reference)),
                None => {}
            }
            running = match self.reserve(&container.id, LAST_RUN_PATIENCE)? {
                Reservation::Granted(_, container) if container.is_restarting() && !options.force => {
                    return Err(refuse_running(&container, reference));
                }
                Reservation::Granted(lock, mut container) => {
                    self.ring(&container.id);
                    container.state.removes_volumes |= options.volumes;
                    return self.remove_reserved(*container, lock);
                }
                // Somebody started it again between the kill and the lock.
                Reservation::Running(container) => Some(*container),
            };
        }
    }

    /// Removes a container whose journal or record cannot be read: whatever it says, nothing of it may live on.
    fn remove_unseen(&self, reference: &str) -> Result<(), EngineError> {
        let row = self.store.read(|tx| tx.resolve_container(reference))?;
        let container = Container::from_row(row.clone()).or_else(|_| Container::stripped(row))?;
        self.cgroups.open(&self.cgroup_path(&container))?.kill()?;
        let lock = FileLock::exclusive(&self.home.rootfs_lock(&container.id), Instant::now() + END_PATIENCE)?;
        self.remove_reserved(container, lock)
    }

    /// Kills a container and waits until this run of it is over.
    fn end_now(&self, killed: &Container) -> Result<(), EngineError> {
        self.note_stop(killed, false)?;
        self.kill_now(killed)?;
        if let Some(init) = &killed.state.init {
            await_death(init, killed.id.as_str())?;
        }
        // Its monitor has still to write that down.
        if self.ends_within(killed, END_PATIENCE)? {
            return Ok(());
        }
        Err(EngineError::TimedOut {
            operation: "the end",
            id: killed.id.to_string(),
            seconds: END_PATIENCE.as_secs(),
        })
    }

    /// Whether this run of a container is over, by its journal, before `patience` is.
    ///
    /// # Errors
    /// Not found when it was removed meanwhile.
    pub(crate) fn ends_within(&self, container: &Container, patience: Duration) -> Result<bool, EngineError> {
        let watch = Watch::new(patience);
        loop {
            let found = self.find_again(&container.id)?;
            if !found.state.is_running() || found.state.init != container.state.init {
                return Ok(true);
            }
            if !watch.goes_on() {
                return Ok(false);
            }
        }
    }

    /// Removes a container that was to be removed when it ended, if it did and is still there.
    pub(crate) fn remove_ended(&self, reference: &str, patience: Duration) -> Result<(), EngineError> {
        self.remove_automatically(reference, patience, Container::is_to_go)
    }

    /// Removes a container that was to be removed when it ended and could not even be started.
    pub(super) fn remove_unstarted(&self, reference: &str, patience: Duration) -> Result<(), EngineError> {
        self.remove_automatically(reference, patience, |_| true)
    }

    /// Removes a container that was to be removed when it ended, for somebody who has waited for that longer than it takes:
    /// whoever was to do it died, or could not, and then says nothing.
    ///
    /// # Errors
    /// What keeps it from being removed. That somebody else is still at it is no error.
    pub(super) fn remove_in_place(&self, id: &ContainerId) -> Result<(), EngineError> {
        match self.remove_ended(id.as_str(), Duration::ZERO) {
            Err(EngineError::TimedOut { .. }) => Ok(()),
            tried => tried,
        }
    }

    /// Removes a container that does not run, if its removal was asked for beforehand and it `may_go`.
    fn remove_automatically(
        &self,
        reference: &str,
        patience: Duration,
        may_go: fn(&Container) -> bool,
    ) -> Result<(), EngineError> {
        self.headroom.draw_on_to_free(EngineError::is_full_disk, || {
            let found = match self.find(reference) {
                Err(error) if error.kind() == Kind::NotFound => return Ok(()),
                found => found?,
            };
            if !found.config.host.auto_remove {
                return Ok(());
            }
            match self.reserve(&found.id, patience)? {
                Reservation::Granted(lock, container) if may_go(&container) => {
                    self.remove_reserved(*container, lock)
                }
                Reservation::Granted(..) | Reservation::Running(_) => Ok(()),
            }
        })
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
        let marked = self
            .store
            .write(Durability::Normal, |tx| tx.set_container_state(&id, &state, container.journal_offset))
            .map_err(EngineError::from);
        // With a full disk the files must still go; without any, it is known without the mark that it was being removed.
        marked.or_else(|error| if error.is_full_disk() { Ok(()) } else { Err(error) })?;
        self.cgroups.open(&self.cgroup_path(&container))?.remove(CGROUP_PATIENCE)?;
        self.release_network(&id)?;
        remove_run_directory(&self.home.run_directory(&container.id))?;
        ContainerFiles::clear(self.home.root(), &container.id, ROOTFS_LOCK)?;
        let own = own_volumes(&container);
        let removed = self.store.write(Durability::Normal, |tx| {
            let removed = tx.remove_container(&id)?;
            own.iter().try_for_each(|volume| tx.begin_volume_removal(volume).map(drop))?;
            Ok::<_, StateError>(removed)
        })?;
        self.remove_files(&container.id, lock)?;
        if removed && self.store.read(|tx| tx.image(&container.image_id))?.is_none() {
            // It may have been the last that stood on layers of an image that was removed by force. What resists is found by the next
            // collection.
            let _collected = self.images.collect();
        }
        // What somebody else removed, he told of.
        if removed {
            self.tell(&container, "destroy", std::collections::BTreeMap::new())?;
        }
        self.settle_mounted_volumes()?;
        self.remove_begun(&own)
    }

    /// Removes those volumes whose removal has begun: the others have other users.
    fn remove_begun(&self, volumes: &[String]) -> Result<(), EngineError> {
        let mut begun = Vec::new();
        for name in volumes {
            if self.store.read(|tx| tx.volume(name))?.is_some_and(|row| row.is_removing) {
                begun.push(name.clone());
            }
        }
        self.remove_volumes(&begun)
    }

    /// Removes the directory of a container that has no row (any more), whose lock the caller holds.
    pub(crate) fn remove_files(&self, id: &ContainerId, lock: FileLock) -> Result<(), EngineError> {
        ContainerFiles::remove(self.home.root(), id)?;
        drop(lock);
        Ok(())
    }
}

/// The volumes that go with a container.
fn own_volumes(container: &Container) -> Vec<String> {
    let host = &container.config.host;
    if !host.auto_remove && !container.state.removes_volumes {
        return Vec::new();
    }
    host.volume_points.iter().filter(|point| !point.is_named).map(|point| point.name.clone()).collect()
}

/// The words are Docker's, which calls the container as it was asked for.
fn refuse_running(container: &Container, reference: &str) -> EngineError {
    let hindrance = match container.word() {
        "paused" => "container is paused and must be unpaused first".to_owned(),
        word => format!("container is {word}: stop the container before removing or force remove"),
    };
    EngineError::Conflict(format!("cannot remove container \"{reference}\": {hindrance}"))
}

fn remove_run_directory(path: &std::path::Path) -> Result<(), EngineError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(EngineError::WriteFile { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}
