//! Freezing and thawing the processes of a container, one engine at a time.
//!
//! Its events stand before that of the end of that run, whoever ends it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use corten_journal::{FileLock, JournalReader, JournalWriter, Record};

use super::kill::{not_running, require_running};
use super::record::Container;
use super::{Containers, Inner};
use crate::clock::now;
use crate::error::EngineError;
use crate::task::blocking;

/// How long somebody else may take to freeze or thaw the same container.
const PATIENCE: Duration = Duration::from_secs(10);

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
    pub(super) fn pause(&self, reference: &str) -> Result<(), EngineError> {
        let (_alone, container) = self.alone_with(&self.find(reference)?)?;
        require_running(&container)?;
        if container.state.paused {
            return Err(EngineError::Conflict(format!("Container {} is already paused", container.id)));
        }
        self.forget_abandoned(&container)?;
        self.mark_freezing(&container)?;
        // Where this fails half-way, whoever looks next lets it go on.
        self.freeze_marked(&container)?;
        self.unmark_freezing(&container)
    }

    fn freeze_marked(&self, container: &Container) -> Result<(), EngineError> {
        let frozen = self.cgroups.open(&self.cgroup_path(container))?.freeze();
        // It may have ended meanwhile: that is told rather than what the kernel makes of it.
        if !self.find_again(&container.id)?.state.is_running() {
            return Err(not_running(container));
        }
        frozen?;
        self.note(container, &Record::Paused { at: now() })?;
        if !self.tell_of_run(container, "pause")? {
            return Err(not_running(container));
        }
        self.suspend_probes(container, true);
        Ok(())
    }

    fn unpause(&self, reference: &str) -> Result<(), EngineError> {
        let found = self.find(reference)?;
        let (_alone, container) = self.alone_with(&found)?;
        if !container.state.paused {
            return Err(EngineError::Conflict(format!("Container {} is not paused", container.id)));
        }
        self.thaw_locked(&container)
    }

    /// Thaws a frozen container; one that ended meanwhile needs it no more.
    pub(super) fn thaw(&self, container: &Container) -> Result<(), EngineError> {
        let (_alone, container) = self.alone_with(container)?;
        self.thaw_locked(&container)
    }

    /// Thaws it; for who is alone with the container.
    pub(super) fn thaw_locked(&self, container: &Container) -> Result<(), EngineError> {
        if !container.state.is_running() {
            return Ok(());
        }
        self.mark_freezing(container)?;
        let thawed = self.thaw_marked(container);
        self.unmark_freezing(container)?;
        thawed
    }

    /// Written down and told first: what was frozen can end at once. What nobody wrote down as frozen is only thawed.
    fn thaw_marked(&self, container: &Container) -> Result<(), EngineError> {
        if container.state.paused {
            self.note(container, &Record::Unpaused { at: now() })?;
            self.tell_of_run(container, "unpause")?;
        }
        let thawed = self.cgroups.open(&self.cgroup_path(container))?.thaw();
        if thawed.is_err() && self.find_again(&container.id)?.state.is_running() {
            self.note(container, &Record::Paused { at: now() })?;
            self.tell_of_run(container, "pause")?;
            return Ok(thawed?);
        }
        self.suspend_probes(container, false);
        Ok(())
    }

    /// The container as it is while nobody else freezes or thaws it. The lock is that of its journal, which nobody takes to write.
    pub(super) fn alone_with(&self, found: &Container) -> Result<(Option<FileLock>, Container), EngineError> {
        if !found.state.is_running() {
            return Ok((None, found.clone()));
        }
        let lock = FileLock::exclusive(&self.home.journal(&found.id), Instant::now() + PATIENCE)?;
        Ok((Some(lock), self.find_again(&found.id)?))
    }

    pub(super) fn note(&self, container: &Container, record: &Record) -> Result<(), EngineError> {
        let journal = self.home.journal(&container.id);
        // Where nobody writes, what looks half-written was lost with the power, and would spoil the record behind it.
        let lock = self.try_lock(&container.id)?;
        let open = if lock.is_some() { JournalWriter::open } else { JournalWriter::beside };
        let append = || Ok(open(&journal)?.append(record)?);
        self.headroom.draw_on(EngineError::is_full_disk, append)
    }

    /// Appends an event before that of the end of this run; false when the run has ended. Its end stands in the journal before
    /// anybody tells of it.
    pub(super) fn tell_of_run(&self, container: &Container, action: &str) -> Result<bool, EngineError> {
        let journal = self.home.journal(&container.id);
        let runs = || {
            let (since, _) = JournalReader::read_from(&journal, container.journal_offset)?;
            Ok(!since.iter().any(|record| matches!(record, Record::Exited { .. })))
        };
        let event = self.event(container, action, BTreeMap::new());
        let append = || self.events.append_while(&event, runs);
        match self.headroom.draw_on(EngineError::is_full_disk, append) {
            Err(error) if error.is_full_disk() => Ok(true),
            told => told,
        }
    }
}
