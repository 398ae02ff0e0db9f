//! `POST /containers/prune`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a pruning did.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerPruneReport")]
pub struct PruneReport {
    /// Ids of containers that are gone; `null` without any.
    pub containers_deleted: Option<Vec<String>>,
    /// Bytes.
    pub space_reclaimed: u64,
}
