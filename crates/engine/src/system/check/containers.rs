//! Containers: their records, journals and directories.

use std::collections::HashSet;
use std::time::Duration;

use corten_journal::{FileLock, mend_journal};
use corten_snapshots::ContainerFiles;
use corten_spec::id::ContainerId;
use corten_state::ContainerRow;

use super::{Walk, names, problem, until_none};
use crate::containers::{Container, Inner, Reservation, RunState};
use crate::error::EngineError;
use crate::home::ROOTFS_LOCK;

/// How long somebody else's hold on a container is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

impl Walk<'_> {
    pub(super) fn containers(&mut self) -> Result<(), EngineError> {
        for row in self.inner.store.read(|tx| tx.containers())? {
            match Container::from_row(row.clone()) {
                Ok(container) => self.container(container)?,
                Err(error) => self.damaged_record(row, &error),
            }
        }
        for container in until_none(|| self.interrupted_removals())? {
            let found = problem("unfinished removal", container.id.as_str(), "its removal was interrupted");
            let mended = self.repair && self.finish_removal(&container).is_ok();
            self.record(found, mended);
        }
        for name in until_none(|| self.orphans())? {
            self.orphan(&name)?;
        }
        Ok(())
    }

    /// Containers whose removal has begun, and that nobody removes: whoever does holds the lock until the record is gone.
    fn interrupted_removals(&self) -> Result<Vec<Container>, EngineError> {
        let mut interrupted = Vec::new();
        for row in self.inner.store.read(|tx| tx.containers())? {
            let Ok(container) = Container::from_row(row) else { continue };
            let id = &container.id;
            if (container.is_being_removed() || self.inner.is_cleared(id)?)
                && !FileLock::is_held(&self.inner.home.rootfs_lock(id))?
            {
                interrupted.push(container);
            }
        }
        Ok(interrupted)
    }

    /// Directories that no record speaks of. Whoever makes or removes a container holds its lock, but for its first and its last moment.
    fn orphans(&self) -> Result<Vec<String>, EngineError> {
        let directory = self.inner.home.root().join("containers");
        let names = names(&directory)?;
        // Read after the names: a record comes after its directory, and goes before it.
        let rows = self.inner.store.read(|tx| tx.containers())?;
        let known: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let mut orphans = Vec::new();
        for name in names.into_iter().filter(|name| !known.contains(name.as_str())) {
            let is_held = match name.parse() {
                Ok(id) => FileLock::is_held(&self.inner.home.rootfs_lock(&id))?,
                Err(_) => false,
            };
            if !is_held && directory.join(&name).exists() {
                orphans.push(name);
            }
        }
        Ok(orphans)
    }

    fn container(&mut self, mut container: Container) -> Result<(), EngineError> {
        let id = container.id.to_string();
        if let Err(error) = self.inner.observe(&mut container) {
            if self.is_being_removed(&container.id)?.is_none() {
                return Ok(());
            }
            let found = problem("container state", &id, &corten_error::chain(&error));
            let journal = self.inner.home.journal(&container.id);
            let inner = self.inner;
            self.mend(found, || {
                let aside = mend_journal(&journal)?;
                inner.observe(&mut container)?;
                Ok(aside.map_or(String::new(), |aside| format!("a copy is kept as `{}`", aside.display())))
            });
            return Ok(());
        }
        let has_files = self.inner.home.container(&container.id).join("upper").is_dir();
        // Asked only now: whoever removes a container says so before anything of it is missing.
        let Some(is_being_removed) = self.is_being_removed(&container.id)? else { return Ok(()) };
        if !has_files && !is_being_removed {
            let found = problem("container files", &id, "its writable directory is missing");
            let mended =
                self.repair && ContainerFiles::prepare(self.inner.home.root(), &container.id).is_ok();
            self.record(found, mended);
        }
        if is_being_removed { Ok(()) } else { self.storage_limit(&container) }
    }

    /// Whether somebody has begun to remove a container; `None` when nothing of it is on record any more.
    fn is_being_removed(&self, id: &ContainerId) -> Result<Option<bool>, EngineError> {
        let Some(row) = self.inner.store.read(|tx| tx.container(id.as_str()))? else { return Ok(None) };
        let is_marked = Container::from_row(row).is_ok_and(|container| container.is_being_removed());
        Ok(Some(is_marked || self.inner.is_cleared(id)?))
    }

    /// A limit that the files of a container have lost: they were put back from somewhere, or the file system has no quotas any more.
    fn storage_limit(&mut self, container: &Container) -> Result<(), EngineError> {
        let Some(flaw) = self.inner.storage_limit_flaw(container)? else { return Ok(()) };
        if self.is_being_removed(&container.id)? != Some(false) {
            return Ok(());
        }
        let inner = self.inner;
        let found = problem("storage limit", container.id.as_str(), &flaw);
        self.mend(found, || inner.limit_storage(container).map(|()| String::new()));
        Ok(())
    }

    fn finish_removal(&self, container: &Container) -> Result<(), EngineError> {
        match self.inner.reserve(&container.id, PATIENCE)? {
            Reservation::Granted(lock, container) => self.inner.remove_reserved(*container, lock),
            Reservation::Running(_) => Ok(()),
        }
    }

    /// A directory that no record speaks of.
    fn orphan(&mut self, name: &str) -> Result<(), EngineError> {
        let mut found = problem("orphaned files", name, "no container has this directory");
        let Ok(id) = name.parse::<ContainerId>() else {
            self.report.problems.push(found);
            return Ok(());
        };
        if !ContainerFiles::is_untouched(self.inner.home.root(), &id, ROOTFS_LOCK)? {
            found.detail.push_str(
                ", but a container has written to it: put the database that knew it back, or move the directory away",
            );
        }
        let mended = self.repair && self.inner.sweep_orphan(&id)?;
        self.record(found, mended);
        Ok(())
    }

    /// A record that does not parse. The state is a cache of the journal; what the container is asked to be stands nowhere else.
    fn damaged_record(&mut self, row: ContainerRow, error: &EngineError) {
        let mut found = problem("container record", &row.id, &corten_error::chain(error));
        let state = serde_json::to_string(&RunState::default()).unwrap_or_default();
        match Container::from_row(ContainerRow { state, journal_offset: 0, ..row }) {
            Ok(container) => {
                let inner = self.inner;
                self.mend(found, || {
                    inner.observe_anew(container)?;
                    Ok("its state was read from the journal again".to_owned())
                });
            }
            Err(_) => {
                found.detail.push_str("; it can be removed with `rm --force`");
                self.record(found, false);
            }
        }
    }
}

impl Inner {
    /// Replaces a state on record by what the journal says.
    fn observe_anew(&self, mut container: Container) -> Result<(), EngineError> {
        self.save_locked(&container)?;
        self.observe(&mut container)
    }
}
