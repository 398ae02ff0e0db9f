//! Volumes: their records and directories.

use std::collections::HashSet;

use corten_volumes::{Held, VolumeDirectory};

use super::{Walk, problem, until_none};
use crate::error::EngineError;

impl Walk<'_> {
    pub(super) fn volumes(&mut self) -> Result<(), EngineError> {
        for row in self.inner.store.read(|tx| tx.volumes())?.into_iter().filter(|row| !row.is_removing) {
            if let Err(error) = self.inner.volume(&row.name)
                && self.is_kept(&row.name)?
            {
                self.record(problem("volume record", &row.name, &corten_error::chain(&error)), false);
            }
            self.volume_files(&row.name)?;
        }
        for name in until_none(|| self.interrupted_volume_removals())? {
            let found = problem("unfinished removal", &name, "the removal of this volume was interrupted");
            let inner = self.inner;
            self.mend(found, || inner.remove_volume(&name).map(|()| String::new()));
        }
        for name in until_none(|| self.orphaned_volumes())? {
            self.orphaned_volume(&name)?;
        }
        Ok(())
    }

    fn volume_files(&mut self, name: &str) -> Result<(), EngineError> {
        let directory = self.inner.volume_directory(name)?;
        if !directory.data().is_dir() {
            if !self.is_kept(name)? {
                return Ok(());
            }
            let detail = "its directory is missing, with all that was in it";
            let found = problem("volume files", name, detail);
            self.mend(found, || {
                directory.make()?;
                Ok("an empty one was made".to_owned())
            });
            return Ok(());
        }
        // Whoever fills it at this moment is not done yet.
        if let Some(held) = directory.try_hold()?
            && held.has_leftovers()?
        {
            let found = problem("unfinished copy", name, "a copy into it was interrupted");
            self.mend(found, || held.finish().map(|()| String::new()).map_err(EngineError::from));
        }
        Ok(())
    }

    /// Whether a volume is on record, and nobody has begun to remove it since that was read.
    fn is_kept(&self, name: &str) -> Result<bool, EngineError> {
        Ok(self.inner.store.read(|tx| tx.volume(name))?.is_some_and(|row| !row.is_removing))
    }

    /// Volumes whose removal has begun, and that nobody removes. Whoever does holds the directory, but for the moment between its end and the
    /// record's.
    fn interrupted_volume_removals(&self) -> Result<Vec<String>, EngineError> {
        let mut interrupted = Vec::new();
        for row in self.inner.store.read(|tx| tx.volumes())?.into_iter().filter(|row| row.is_removing) {
            let directory = self.inner.volume_directory(&row.name)?;
            if directory.try_hold()?.is_some() || !directory.data().is_dir() {
                interrupted.push(row.name);
            }
        }
        Ok(interrupted)
    }

    /// Directories that no record speaks of. Whoever makes or removes a volume holds its directory, but for the moment after it was made.
    fn orphaned_volumes(&self) -> Result<Vec<String>, EngineError> {
        let names = VolumeDirectory::list(self.inner.home.root())?;
        // Read after the names: a record comes after its directory, and goes after it.
        let rows = self.inner.store.read(|tx| tx.volumes())?;
        let known: HashSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let unknown = names.iter().map(|name| name.to_string_lossy()).filter(|name| !known.contains(&**name));
        let mut orphans = Vec::new();
        for name in unknown {
            let is_orphan = match self.inner.volume_directory(&name) {
                Ok(directory) => self.hold_unrecorded(&directory, &name)?.is_some(),
                Err(_) => true,
            };
            if is_orphan {
                orphans.push(name.into_owned());
            }
        }
        Ok(orphans)
    }

    /// A directory that no record speaks of.
    fn orphaned_volume(&mut self, name: &str) -> Result<(), EngineError> {
        let mut found = problem("orphaned volume", name, "no volume has this directory");
        let Ok(directory) = self.inner.volume_directory(name) else {
            self.record(found, false);
            return Ok(());
        };
        let Some(held) = self.hold_unrecorded(&directory, name)? else { return Ok(()) };
        if held.has_leftovers()? || !held.is_empty()? {
            found
                .detail
                .push_str(", but there is something in it: `volume create` with this name takes it over");
            self.record(found, false);
            return Ok(());
        }
        self.mend(found, || held.remove().map(|()| String::new()).map_err(EngineError::from));
        Ok(())
    }

    /// Holds a directory that nobody else does and no record speaks of.
    fn hold_unrecorded(&self, directory: &VolumeDirectory, name: &str) -> Result<Option<Held>, EngineError> {
        let Some(held) = directory.try_hold()? else { return Ok(None) };
        let is_on_record = self.inner.store.read(|tx| tx.volume(name))?.is_some();
        Ok((!is_on_record).then_some(held))
    }
}
