//! `/volumes`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Unknown;
use crate::null::{is_default, null_default};

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Volume {
    /// RFC 3339.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub created_at: String,
    /// What keeps it.
    pub driver: String,
    /// Labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Where its files are.
    pub mountpoint: String,
    /// Its name.
    pub name: String,
    /// What its driver was told.
    pub options: Option<BTreeMap<String, String>>,
    /// `local`.
    pub scope: String,
    /// How much of the disk it takes, only when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_data: Option<UsageData>,
}

/// How much of the disk a volume takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "VolumeUsage")]
pub struct UsageData {
    /// Containers that have it.
    pub ref_count: i64,
    /// Bytes.
    pub size: i64,
}

/// `GET /volumes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "VolumeList")]
pub struct ListResponse {
    /// The volumes.
    #[serde(deserialize_with = "null_default")]
    pub volumes: Vec<Volume>,
    /// What went wrong with drivers.
    pub warnings: Option<Vec<String>>,
}

/// `POST /volumes/create`.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "VolumeCreateRequest")]
pub struct CreateRequest {
    /// Its name; empty = one is made up.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub name: String,
    /// What keeps it; empty = `local`.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub driver: String,
    /// What the driver is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_opts: Option<BTreeMap<String, String>>,
    /// Labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// Of a volume of a cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_volume_spec: Option<serde_json::Value>,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// `POST /volumes/prune`.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "VolumePruneReport")]
pub struct PruneReport {
    /// The names of what is gone; `null` without any.
    pub volumes_deleted: Option<Vec<String>>,
    /// Bytes.
    pub space_reclaimed: u64,
}
