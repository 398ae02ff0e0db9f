//! `GET /system/df`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::container;
use crate::image;
use crate::null::is_default;
use crate::volume::Volume;

/// What takes room on the disk. What was not asked for is `null`.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct DiskUsage {
    /// Bytes of all that images have on the disk, each part once.
    #[serde(skip_serializing_if = "is_default")]
    pub layers_size: i64,
    /// Images; a size is that of an image's layers and blobs on the disk.
    pub images: Option<Vec<image::Summary>>,
    /// Containers; what one has written is all that it has on the disk.
    pub containers: Option<Vec<container::Summary>>,
    /// Volumes.
    pub volumes: Option<Vec<Volume>>,
    /// What builds keep.
    pub build_cache: Option<Vec<serde_json::Value>>,
    /// Bytes of the engine's own files, its database apart. Docker does not tell.
    #[serde(skip_serializing_if = "is_default")]
    pub engine_size: i64,
}
