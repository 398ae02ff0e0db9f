//! `POST /images/prune`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DeleteItem;

/// What a pruning did.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ImagePruneReport")]
pub struct PruneReport {
    /// Names and images that are gone; `null` without any.
    pub images_deleted: Option<Vec<DeleteItem>>,
    /// Bytes.
    pub space_reclaimed: u64,
}
