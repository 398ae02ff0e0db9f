//! `GET /images/json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::{is_default, null_default};

/// One image of a list.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ImageSummary")]
pub struct Summary {
    /// Containers made from it, -1 when not counted.
    pub containers: i64,
    /// Seconds since the epoch.
    pub created: i64,
    /// `sha256:…`.
    pub id: String,
    /// Labels; `null` without any.
    pub labels: Option<BTreeMap<String, String>>,
    /// The image that it was built from here, else empty.
    pub parent_id: String,
    /// The tagged object's descriptor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<serde_json::Value>,
    /// Its manifests, only when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifests: Option<Vec<serde_json::Value>>,
    /// `name@sha256:…`.
    #[serde(deserialize_with = "null_default")]
    pub repo_digests: Vec<String>,
    /// `name:tag`.
    #[serde(deserialize_with = "null_default")]
    pub repo_tags: Vec<String>,
    /// Bytes shared with other images, -1 when not counted.
    pub shared_size: i64,
    /// Bytes in all.
    pub size: i64,
    /// The same, before API 1.44.
    #[serde(skip_serializing_if = "is_default")]
    pub virtual_size: i64,
}
