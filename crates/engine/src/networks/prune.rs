//! Removing the networks that nobody is on.

use std::collections::BTreeMap;

use corten_journal::NewEvent;

use super::Networks;
use super::filter::{self, Filters};
use crate::clock::now;
use crate::error::EngineError;
use crate::task::blocking;

impl Networks {
    /// Removes networks that somebody made and no container is on, of which there are none yet; the names of those that went.
    ///
    /// # Errors
    /// An unknown filter, a moment that is none; the event file.
    pub async fn prune(&self, filters: Filters) -> Result<Vec<String>, EngineError> {
        filter::check_prune(&filters)?;
        let inner = self.containers.inner.clone();
        blocking(move || {
            inner.events.append(&NewEvent {
                at: now(),
                kind: "network".to_owned(),
                action: "prune".to_owned(),
                actor: String::new(),
                attributes: BTreeMap::from([("reclaimed".to_owned(), "0".to_owned())]),
            })?;
            Ok(Vec::new())
        })
        .await
    }
}
