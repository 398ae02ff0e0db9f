//! `GET /containers/{id}/top`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::null_default;

/// The processes of a container as `ps` prints them.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerTop")]
pub struct TopResponse {
    /// One row a process.
    #[serde(deserialize_with = "null_default")]
    pub processes: Vec<Vec<String>>,
    /// The columns' heads.
    #[serde(deserialize_with = "null_default")]
    pub titles: Vec<String>,
}
