//! `POST /containers/prune`.

use serde::{Deserialize, Serialize};

/// What a pruning did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct PruneReport {
    /// Ids of containers that are gone; `null` without any.
    pub containers_deleted: Option<Vec<String>>,
    /// Bytes.
    pub space_reclaimed: u64,
}
