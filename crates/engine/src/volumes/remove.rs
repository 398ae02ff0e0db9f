//! Removing a volume: its row says so first, its files go, then the row; a crash in between is finished by whoever comes next.

use std::collections::BTreeMap;

use corten_state::Durability;

use super::{Volumes, no_such};
use crate::containers::Inner;
use crate::error::EngineError;
use crate::task::blocking;

impl Volumes {
    /// Removes a volume that no container has. With `force`, one that is not there is as good as removed.
    ///
    /// # Errors
    /// Not found; conflict when a container has it; what keeps its files from being removed.
    pub async fn remove(&self, name: &str, force: bool) -> Result<(), EngineError> {
        let (inner, name) = (self.containers.inner.clone(), name.to_owned());
        blocking(move || {
            inner.headroom.draw_on_to_free(EngineError::is_full_disk, || match inner.remove_volume(&name) {
                Err(EngineError::NotFound(_)) if force => Ok(()),
                removed => removed,
            })
        })
        .await
    }
}

impl Inner {
    /// Removes a volume, or goes on with a removal that was cut short.
    ///
    /// # Errors
    /// Not found; conflict when a container has it; what keeps its files from being removed.
    pub(crate) fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        if self.store.read(|tx| tx.volume(name))?.is_none() {
            return Err(no_such(name));
        }
        // Whoever makes or fills it comes first.
        let held = self.volume_directory(name)?.hold()?;
        if !self.store.write(Durability::Normal, |tx| tx.begin_volume_removal(name))? {
            let users = self.store.read(|tx| tx.users_of_volume(name))?;
            return Err(match users.is_empty() {
                true => no_such(name),
                false => in_use(name, &users),
            });
        }
        self.unmount_volume(name)?;
        if let Some(held) = held {
            held.remove()?;
        }
        if self.store.write(Durability::Normal, |tx| tx.remove_volume(name))? {
            self.tell_of_volume(name, "destroy", BTreeMap::new())?;
        }
        Ok(())
    }

    /// Removes the volumes whose removal began with that of their container.
    ///
    /// # Errors
    /// The first failure; the other volumes are removed.
    pub(crate) fn remove_volumes(&self, names: &[String]) -> Result<(), EngineError> {
        let mut failed = Ok(());
        for name in names {
            match self.remove_volume(name) {
                // Somebody else went on with it.
                Ok(()) | Err(EngineError::NotFound(_)) => {}
                Err(error) => failed = failed.and(Err(error)),
            }
        }
        failed
    }
}

fn in_use(name: &str, users: &[String]) -> EngineError {
    EngineError::Conflict(format!("remove {name}: volume is in use - [{}]", users.join(", ")))
}
