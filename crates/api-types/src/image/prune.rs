//! `POST /images/prune`.

use serde::{Deserialize, Serialize};

use super::DeleteItem;

/// What a pruning did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct PruneReport {
    /// Names and images that are gone; `null` without any.
    pub images_deleted: Option<Vec<DeleteItem>>,
    /// Bytes.
    pub space_reclaimed: u64,
}
