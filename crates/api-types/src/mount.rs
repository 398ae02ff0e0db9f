//! Mounts as a container asks for them (`HostConfig.Mounts`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Unknown;
use crate::null::{is_default, is_none_or_empty, null_default};

/// One `--mount`.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Mount {
    /// `bind`, `volume`, `tmpfs`, `image`, `npipe` or `cluster`.
    #[serde(rename = "Type", skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub kind: String,
    /// Host path, volume name or image; empty for tmpfs and anonymous volumes.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub source: String,
    /// Path in the container.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub target: String,
    /// Mounted read-only, the mounts below it too where the kernel can.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub read_only: bool,
    /// Docker Desktop's consistency hint; without meaning on Linux.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub consistency: String,
    /// For `bind`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind_options: Option<BindOptions>,
    /// For `volume`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_options: Option<VolumeOptions>,
    /// For `image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_options: Option<ImageOptions>,
    /// For `tmpfs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tmpfs_options: Option<TmpfsOptions>,
    /// For `cluster`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_options: Option<serde_json::Value>,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// Options of a bind mount.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct BindOptions {
    /// `private`, `rprivate`, `shared`, `rshared`, `slave` or `rslave`.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub propagation: String,
    /// Leave out what is mounted below the source.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub non_recursive: bool,
    /// Make the source as a directory if it is not there.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub create_mountpoint: bool,
    /// Only the top mount is read-only.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub read_only_non_recursive: bool,
    /// Fail if the mounts below cannot be made read-only.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub read_only_force_recursive: bool,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// Options of a volume mount.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct VolumeOptions {
    /// Do not fill an empty volume with what the image has at the target.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub no_copy: bool,
    /// Labels of a volume that has to be made.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub labels: Option<BTreeMap<String, String>>,
    /// Directory in the volume to mount.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub subpath: String,
    /// Driver of a volume that has to be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_config: Option<Driver>,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// A volume driver and its options.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "VolumeDriver")]
pub struct Driver {
    /// The driver's name.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub name: String,
    /// The driver's options.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub options: Option<BTreeMap<String, String>>,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// Options of an image mount.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImageOptions {
    /// Directory in the image to mount.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub subpath: String,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// Options of a tmpfs mount.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct TmpfsOptions {
    /// Size limit in bytes, 0 for the kernel's default.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub size_bytes: i64,
    /// Permission bits of its root, 0 for 1777.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub mode: u32,
    /// Other mount options: `["noexec"]` or `["uid", "1000"]` each.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub options: Option<Vec<Vec<String>>>,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}
