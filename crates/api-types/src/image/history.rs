//! `GET /images/{name}/history`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line of an image's history, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ImageHistoryItem")]
pub struct HistoryItem {
    /// Comment.
    pub comment: String,
    /// Seconds since the epoch.
    pub created: i64,
    /// The instruction.
    pub created_by: String,
    /// The image's id on its own line, else `<missing>`.
    pub id: String,
    /// Bytes that the line added.
    pub size: i64,
    /// The image's tags on its own line, else `null`.
    pub tags: Option<Vec<String>>,
}
