//! `POST /commit`.

use serde::{Deserialize, Serialize};

/// The image that was made of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct CommitResponse {
    /// `sha256:…`.
    pub id: String,
}
