//! `POST /commit`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The image that was made of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct CommitResponse {
    /// `sha256:…`.
    pub id: String,
}
