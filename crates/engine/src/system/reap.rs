//! The removal of a `--rm` container whose client is gone: what its monitor calls this program for.

use std::time::Duration;

use super::System;
use crate::containers::Reservation;
use crate::error::EngineError;
use crate::task::blocking;

/// How long the monitor that called may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

impl System {
    /// Removes a container if it ended and was to be removed then; anything else is left alone.
    ///
    /// # Errors
    /// When its files cannot be removed.
    pub async fn reap(&self, reference: &str) -> Result<(), EngineError> {
        let (inner, reference) = (self.containers.inner.clone(), reference.to_owned());
        blocking(move || {
            let found = match inner.find(&reference) {
                Ok(found) => found,
                Err(error) if corten_error::Classified::kind(&error) == corten_error::Kind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            };
            if !found.config.host.auto_remove {
                return Ok(());
            }
            match inner.reserve(&found.id, PATIENCE)? {
                Reservation::Granted(lock, container) => inner.remove_reserved(*container, lock),
                Reservation::Running(_) => Ok(()),
            }
        })
        .await
    }
}
