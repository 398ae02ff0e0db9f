//! Freezing and thawing that somebody began who was killed: the container goes on as soon as somebody looks at it.
//!
//! Who freezes or thaws a container marks it for that moment, and who freezes it only while he reads its files holds a lock for so long.
//! A container that its user has frozen has neither.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use corten_journal::FileLock;

use super::Inner;
use super::record::Container;
use crate::error::EngineError;

/// How long somebody else may have it frozen.
const PATIENCE: Duration = Duration::from_secs(600);

impl Inner {
    /// Does something while a running container is frozen.
    ///
    /// # Errors
    /// What the work returns; a conflict when somebody else has frozen it for longer.
    pub(super) fn while_frozen<T>(
        &self,
        container: &Container,
        work: impl FnOnce() -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let lock = FileLock::exclusive(&self.home.frozen_lock(&container.id), Instant::now() + PATIENCE)?;
        self.pause(container.id.as_str())?;
        let done = work();
        // Whatever came of it, the container goes on.
        self.find_again(&container.id).and_then(|container| self.thaw(&container))?;
        self.forget_frozen(container)?;
        drop(lock);
        done
    }

    /// Lets a container go on that somebody froze, or was about to freeze or thaw, who was killed.
    pub(super) fn thaw_abandoned(&self, container: &mut Container) -> Result<(), EngineError> {
        if !container.state.is_running() {
            return Ok(());
        }
        self.thaw_half_frozen(container)?;
        let Some(_lock) = FileLock::try_existing(&self.home.frozen_lock(&container.id))? else {
            return Ok(());
        };
        self.thaw(container)?;
        *container = self.find_again(&container.id)?;
        self.forget_frozen(container)
    }

    /// What is on record and what the kernel does may differ where somebody was killed between the two: after this, it runs.
    fn thaw_half_frozen(&self, container: &mut Container) -> Result<(), EngineError> {
        let mark = self.home.freezing_mark(&container.id);
        if !mark.exists() {
            return Ok(());
        }
        let Some(_alone) = FileLock::try_exclusive(&self.home.journal(&container.id))? else { return Ok(()) };
        // Whoever made it may have done with it meanwhile.
        if mark.exists() {
            self.thaw_locked(&self.find_again(&container.id)?)?;
        }
        *container = self.find_again(&container.id)?;
        Ok(())
    }

    /// To be called by who is alone with the container.
    pub(super) fn mark_freezing(&self, container: &Container) -> Result<(), EngineError> {
        let path = self.home.freezing_mark(&container.id);
        fs::write(&path, "").map_err(|source| EngineError::WriteFile { path, source })
    }

    pub(super) fn unmark_freezing(&self, container: &Container) -> Result<(), EngineError> {
        remove_mark(self.home.freezing_mark(&container.id))
    }

    /// What somebody left who was killed before the container was frozen says nothing about who freezes it now.
    pub(super) fn forget_abandoned(&self, container: &Container) -> Result<(), EngineError> {
        let path = self.home.frozen_lock(&container.id);
        if !path.exists() || FileLock::is_held(&path)? {
            return Ok(());
        }
        self.forget_frozen(container)
    }

    fn forget_frozen(&self, container: &Container) -> Result<(), EngineError> {
        remove_mark(self.home.frozen_lock(&container.id))
    }
}

fn remove_mark(path: PathBuf) -> Result<(), EngineError> {
    match fs::remove_file(&path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(EngineError::WriteFile { path, source }),
        _ => Ok(()),
    }
}
