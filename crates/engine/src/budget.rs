//! The storage budget: what images may take on the disk before blobs that can be had again are dropped.
//!
//! Which those are, and that none is in use, is the image store's to know.

use std::sync::Arc;

use corten_images::Dropped;
use corten_spec::size::human_size;

use crate::containers::Inner;
use crate::error::EngineError;
use crate::settings::Settings;

/// Tells whoever uses the engine something that is no error.
pub type Warn = fn(&str);

/// What an engine was opened with.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    pub(crate) settings: Arc<dyn Settings>,
    pub(crate) warn: Warn,
}

impl Inner {
    /// Drops blobs until images are within the budget; to be called when something is done that makes or frees room. What it does not
    /// achieve is a warning: what was asked for is done.
    pub(crate) fn keep_to_budget(&self) {
        if let Err(error) = self.try_to_keep() {
            (self.budget.warn)(&format!(
                "cannot keep to the storage budget: {}",
                corten_error::chain(&error)
            ));
        }
    }

    fn try_to_keep(&self) -> Result<(), EngineError> {
        let Some(budget) = self.budget.settings.storage_budget().map_err(EngineError::Invalid)? else {
            return Ok(());
        };
        let excess = self.images.disk_usage()?.saturating_sub(budget);
        if excess == 0 {
            return Ok(());
        }
        // While somebody adds or reads blobs nothing is dropped; whoever is last does it.
        let Some(dropped) = self.images.drop_blobs(excess)? else { return Ok(()) };
        let left = excess.saturating_sub(dropped.reclaimed);
        if left > 0 {
            let (left, budget) = (human_size(left), human_size(budget));
            (self.budget.warn)(&format!(
                "images take {left} more than the storage budget of {budget}, and nothing of that can be had again: \
                 remove images that are not needed"
            ));
        }
        Ok(())
    }

    /// Drops all blobs that can be had again.
    pub(crate) fn drop_blobs(&self) -> Result<Dropped, EngineError> {
        let busy =
            || EngineError::Conflict("images are being added, pushed or saved: try again later".to_owned());
        self.images.drop_blobs(u64::MAX)?.ok_or_else(busy)
    }
}
