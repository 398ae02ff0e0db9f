//! Taking away what nobody needs any more, while others work: what settling begins with, and a daemon does from time to time.

use std::fs;
use std::io;

use corten_journal::FileLock;
use corten_snapshots::ContainerFiles;
use corten_spec::id::ContainerId;

use super::System;
use crate::containers::Inner;
use crate::error::EngineError;
use crate::home::ROOTFS_LOCK;
use crate::task::blocking;

/// Returns how many things were finished or removed.
type Step = fn(&Inner) -> Result<u64, EngineError>;

impl System {
    /// Takes away what a crash or a killed command has left, and what images take beyond their budget. It waits for nobody, and
    /// nobody needs to wait for it. Returns how many things were finished or removed.
    ///
    /// # Errors
    /// The first thing that cannot be removed; the others are, all the same.
    pub async fn collect(&self) -> Result<u64, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || inner.collect()).await
    }
}

impl Inner {
    pub(super) fn collect(&self) -> Result<u64, EngineError> {
        let steps: [Step; 8] = [
            Inner::finish_removals,
            Inner::sweep_files,
            Inner::settle_volumes,
            |inner| Ok(ContainerFiles::forget_limits(inner.home.root())?),
            Inner::collect_images,
            // An event file that cannot be read is `system check`'s to name.
            |inner| inner.pay_events().or_else(|error| if error.is_damage() { Ok(0) } else { Err(error) }),
            Inner::sweep_run_directories,
            Inner::revive_overdue,
        ];
        let (mut finished, mut failed) = (0, None);
        for step in steps {
            match step(self) {
                Ok(count) => finished += count,
                // One that resists must not keep the others.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        self.release_all_ended()?;
        failed.map_or(Ok(finished), Err)
    }

    /// Removes the containers that were to be removed when they ended, and that nobody is removing.
    pub(super) fn finish_removals(&self) -> Result<u64, EngineError> {
        let mut finished = 0;
        for container in self.everything()?.iter().filter(|container| container.is_to_go()) {
            if !FileLock::is_held(&self.home.rootfs_lock(&container.id))? {
                finished += u64::from(self.settle_container(container)?);
            }
        }
        Ok(finished)
    }

    /// Has containers brought back whose reviver was killed.
    fn revive_overdue(&self) -> Result<u64, EngineError> {
        self.everything()?.iter().for_each(|container| self.nudge(container));
        Ok(0)
    }

    /// What a pull, load or removal that was killed has left, and what is more than images may take.
    fn collect_images(&self) -> Result<u64, EngineError> {
        let collected = self.images.collect();
        self.keep_to_budget();
        collected?;
        Ok(0)
    }

    /// Removes the files of containers that there are none of: a creation or a removal was cut short.
    fn sweep_files(&self) -> Result<u64, EngineError> {
        let mut swept = 0;
        for id in ContainerFiles::list(self.home.root())? {
            swept += u64::from(self.sweep_orphan(&id)?);
        }
        Ok(swept)
    }

    /// Removes a directory that no record speaks of, unless somebody is making or removing it at this moment, or it holds what a
    /// container has written: no crash of ours leaves that without a record, so the record was lost, and may come back.
    pub(super) fn sweep_orphan(&self, id: &ContainerId) -> Result<bool, EngineError> {
        if self.store.read(|tx| tx.container(id.as_str()))?.is_some() {
            return Ok(false);
        }
        let lock = match FileLock::try_exclusive(&self.home.rootfs_lock(id)) {
            Err(error) if error.is_not_found() => return Ok(false),
            lock => lock?,
        };
        let Some(lock) = lock else { return Ok(false) };
        // Its creation may have come to its end between the look and the lock.
        if self.store.read(|tx| tx.container(id.as_str()))?.is_some() {
            return Ok(false);
        }
        if !ContainerFiles::is_untouched(self.home.root(), id, ROOTFS_LOCK)? {
            return Ok(false);
        }
        self.remove_files(id, lock)?;
        Ok(true)
    }

    /// Removes the run directories of containers that there are none of any more.
    fn sweep_run_directories(&self) -> Result<u64, EngineError> {
        let directory = self.home.run().join("containers");
        let failed = |source: io::Error| EngineError::OpenDirectory { path: directory.clone(), source };
        let mut swept = 0;
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let known = match entry.file_name().to_string_lossy().parse::<ContainerId>() {
                Ok(id) => self.store.read(|tx| tx.container(id.as_str()))?.is_some(),
                Err(_) => false,
            };
            if !known {
                fs::remove_dir_all(entry.path())
                    .map_err(|source| EngineError::WriteFile { path: entry.path(), source })?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}
