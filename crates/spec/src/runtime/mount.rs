//! The root file system and the mounts on top of it.
//! Option words are kept as written; the runtime reads them.

use serde::{Deserialize, Serialize};

use super::IdMapping;
use crate::omit::is_false;

/// The root file system of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Path of the root on the host, absolute or relative to the bundle.
    pub path: String,
    /// Whether the root is read-only inside.
    #[serde(default, skip_serializing_if = "is_false")]
    pub readonly: bool,
}

/// One mount inside the container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mount {
    /// Absolute path inside the container.
    pub destination: String,
    /// File system type; `bind`, none or empty with a bind option is a bind mount.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Device name, or the path on the host for a bind mount (relative to the bundle).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Options as in fstab, with the runtime's own words (`rbind`, `rprivate`, `tmpcopyup`, …).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// User ids of an id-mapped mount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uid_mappings: Vec<IdMapping>,
    /// Group ids of an id-mapped mount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gid_mappings: Vec<IdMapping>,
}
