//! `GET /containers/json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MountPoint;
use crate::network::EndpointSettings;
use crate::null::{is_default, is_none_or_empty, null_default};

/// One container of a list.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerSummary")]
pub struct Summary {
    /// Id in full.
    pub id: String,
    /// Names, each with a leading `/`.
    #[serde(deserialize_with = "null_default")]
    pub names: Vec<String>,
    /// The image as it was named, or its id when the name means another image now.
    pub image: String,
    /// The image's id.
    #[serde(rename = "ImageID")]
    pub image_id: String,
    /// Manifest of the image that it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_manifest_descriptor: Option<serde_json::Value>,
    /// Program and arguments as one line.
    pub command: String,
    /// Seconds since the epoch.
    pub created: i64,
    /// Ports, published and exposed.
    #[serde(deserialize_with = "null_default")]
    pub ports: Vec<PortSummary>,
    /// Bytes in its own layer, only when asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub size_rw: i64,
    /// Bytes in all, only when asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub size_root_fs: i64,
    /// Labels, `{}` without any.
    #[serde(deserialize_with = "null_default")]
    pub labels: BTreeMap<String, String>,
    /// `created`, `running` …
    pub state: String,
    /// The state for people: `Up 5 minutes`, `Exited (0) 2 hours ago`.
    pub status: String,
    /// A little of its host configuration.
    pub host_config: SummaryHostConfig,
    /// Its networks.
    pub network_settings: Option<SummaryNetworks>,
    /// Its mounts.
    #[serde(deserialize_with = "null_default")]
    pub mounts: Vec<MountPoint>,
}

/// A port of a listed container.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct PortSummary {
    /// Host address, absent when not published.
    #[serde(rename = "IP", skip_serializing_if = "is_default")]
    pub ip: String,
    /// Port in the container.
    pub private_port: u16,
    /// Port on the host, absent when not published.
    #[serde(skip_serializing_if = "is_default")]
    pub public_port: u16,
    /// `tcp`, `udp` or `sctp`.
    #[serde(rename = "Type")]
    pub protocol: String,
}

/// Host configuration in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct SummaryHostConfig {
    /// As in `HostConfig`.
    #[serde(skip_serializing_if = "is_default")]
    pub network_mode: String,
    /// Annotations for the runtime.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// Networks in a list.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct SummaryNetworks {
    /// Connections by network name.
    #[serde(deserialize_with = "null_default")]
    pub networks: BTreeMap<String, EndpointSettings>,
}
