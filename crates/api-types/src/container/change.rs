//! `GET /containers/{id}/changes`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One path that a container has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[schemars(rename = "ContainerChange")]
pub struct Change {
    /// The path, from the container's root.
    pub path: String,
    /// 0 changed, 1 added, 2 deleted.
    pub kind: u8,
}
