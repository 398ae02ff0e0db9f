//! `DELETE /images/{name}`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::is_default;

/// One thing that a removal did; exactly one of the fields is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ImageDeleteItem")]
pub struct DeleteItem {
    /// Id of an image or layer that is gone.
    #[serde(skip_serializing_if = "is_default")]
    pub deleted: String,
    /// Name that no longer points to an image.
    #[serde(skip_serializing_if = "is_default")]
    pub untagged: String,
}
