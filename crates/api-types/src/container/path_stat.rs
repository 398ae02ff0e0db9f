//! `/containers/{id}/archive`: what a path is, in a header.

use serde::{Deserialize, Serialize};

/// The header that says what the path of a request is: this as JSON, in base64.
pub const PATH_STAT_HEADER: &str = "x-docker-container-path-stat";

/// Something in a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PathStat {
    /// The last part of the path.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Type and permissions, as Go's `os.FileMode` has them.
    pub mode: u32,
    /// Last modification, RFC 3339.
    pub mtime: String,
    /// Where a link leads in the end; empty for anything else.
    #[serde(rename = "linkTarget")]
    pub link_target: String,
}
