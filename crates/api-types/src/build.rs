//! Building.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What went of the build cache.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "BuildPruneReport")]
pub struct PruneReport {
    /// Records, by id; `null` where nothing went.
    pub caches_deleted: Option<Vec<String>>,
    /// Bytes.
    pub space_reclaimed: u64,
}
