//! A mount as a container has it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::is_default;

/// One mount of a container, in inspect and in lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct MountPoint {
    /// `bind`, `volume`, `tmpfs` …
    #[serde(rename = "Type", skip_serializing_if = "is_default")]
    pub kind: String,
    /// The volume's name.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// Path on the host; empty for tmpfs.
    pub source: String,
    /// Path in the container.
    pub destination: String,
    /// The volume's driver.
    #[serde(skip_serializing_if = "is_default")]
    pub driver: String,
    /// Options as they were given.
    pub mode: String,
    /// Whether it can be written to.
    #[serde(rename = "RW")]
    pub rw: bool,
    /// Propagation.
    pub propagation: String,
}
