//! A container that is frozen for a moment, while somebody reads its files: it goes on even when that one is killed.
//!
//! Who freezes it so holds a lock meanwhile. Whoever looks at a container that is frozen and finds the lock free, lets it go on. A
//! container that its user has frozen has no such lock.

use std::fs;
use std::io::ErrorKind;
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

    /// Lets a container go on that somebody froze who was killed, even right after he wrote down that it goes on.
    pub(super) fn thaw_abandoned(&self, container: &mut Container) -> Result<(), EngineError> {
        let path = self.home.frozen_lock(&container.id);
        if !container.state.is_running() || !path.exists() {
            return Ok(());
        }
        let Some(_lock) = FileLock::try_exclusive(&path)? else { return Ok(()) };
        self.thaw(container)?;
        *container = self.find_again(&container.id)?;
        self.forget_frozen(container)
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
        let path = self.home.frozen_lock(&container.id);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                Err(EngineError::WriteFile { path, source })
            }
            _ => Ok(()),
        }
    }
}
