//! `GET /containers/{id}/top`.

use serde::{Deserialize, Serialize};

use crate::null::null_default;

/// The processes of a container as `ps` prints them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct TopResponse {
    /// One row a process.
    #[serde(deserialize_with = "null_default")]
    pub processes: Vec<Vec<String>>,
    /// The columns' heads.
    #[serde(deserialize_with = "null_default")]
    pub titles: Vec<String>,
}
