//! Freezing and thawing the processes of a container.

use std::collections::BTreeMap;

use corten_journal::{JournalWriter, Record};

use super::kill::not_running;
use super::record::Container;
use super::{Containers, Inner};
use crate::clock::now;
use crate::error::EngineError;
use crate::task::blocking;

impl Containers {
    /// Freezes every process of a running container.
    ///
    /// # Errors
    /// Not found; conflict when it does not run or is frozen already.
    pub async fn pause(&self, reference: &str) -> Result<(), EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || inner.pause(&reference)).await
    }

    /// Lets them go on.
    ///
    /// # Errors
    /// Not found; conflict when it is not frozen.
    pub async fn unpause(&self, reference: &str) -> Result<(), EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || inner.unpause(&reference)).await
    }
}

impl Inner {
    fn pause(&self, reference: &str) -> Result<(), EngineError> {
        let container = self.find(reference)?;
        if !container.state.is_running() {
            return Err(not_running(&container));
        }
        if container.state.paused {
            return Err(EngineError::Conflict(format!("container {} is already paused", container.id)));
        }
        let frozen = self.cgroups.open(&self.cgroup_path(&container))?.freeze();
        // It may have ended meanwhile: that is told rather than what the kernel makes of it.
        if !self.find_again(&container.id)?.state.is_running() {
            return Err(not_running(&container));
        }
        frozen?;
        self.note(&container, &Record::Paused { at: now() })?;
        self.announce(&container, "pause", BTreeMap::new())
    }

    fn unpause(&self, reference: &str) -> Result<(), EngineError> {
        let container = self.find(reference)?;
        if !container.state.paused {
            return Err(EngineError::Conflict(format!("Container {} is not paused", container.id)));
        }
        self.thaw(&container)
    }

    /// Thaws a frozen container; one that ended meanwhile needs it no more.
    pub(super) fn thaw(&self, container: &Container) -> Result<(), EngineError> {
        let thawed = self.cgroups.open(&self.cgroup_path(container))?.thaw();
        if !self.find_again(&container.id)?.state.is_running() {
            return Ok(());
        }
        thawed?;
        self.note(container, &Record::Unpaused { at: now() })?;
        self.announce(container, "unpause", BTreeMap::new())
    }

    fn note(&self, container: &Container, record: &Record) -> Result<(), EngineError> {
        Ok(JournalWriter::beside(&self.home.journal(&container.id))?.append(record)?)
    }
}
