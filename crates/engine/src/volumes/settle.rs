//! What a crash left of volumes.

use corten_volumes::VolumeDirectory;

use crate::containers::Inner;
use crate::error::EngineError;

impl Inner {
    /// Ends removals and copies that were cut short, and takes away directories that no record speaks of and nobody has written to.
    /// Returns how many things that were.
    pub(crate) fn settle_volumes(&self) -> Result<u64, EngineError> {
        let mut settled = 0;
        let mut failed = Ok(());
        for row in self.store.read(|tx| tx.volumes())?.into_iter().filter(|row| row.is_removing) {
            match self.remove_volume(&row.name) {
                Ok(()) => settled += 1,
                Err(EngineError::NotFound(_)) => {}
                Err(error) => failed = failed.and(Err(error)),
            }
        }
        for name in VolumeDirectory::list(self.home.root())? {
            let Some(name) = name.to_str() else { continue };
            settled += u64::from(self.settle_volume_directory(name)?);
        }
        failed.map(|()| settled)
    }

    fn settle_volume_directory(&self, name: &str) -> Result<bool, EngineError> {
        let Ok(directory) = self.volume_directory(name) else { return Ok(false) };
        // Whoever makes, fills or removes it is not done yet.
        let Some(held) = directory.try_hold()? else { return Ok(false) };
        if self.store.read(|tx| tx.volume(name))?.is_some() {
            let is_left = held.has_leftovers()?;
            held.finish()?;
            return Ok(is_left);
        }
        if held.has_leftovers()? || !held.is_empty()? {
            return Ok(false);
        }
        held.remove()?;
        Ok(true)
    }
}
