//! `GET /containers/{id}/json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, HostConfig, MountPoint, State};
use crate::network::NetworkSettings;
use crate::null::null_default;

/// Everything about one container.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerInspect")]
pub struct InspectResponse {
    /// Id in full.
    pub id: String,
    /// When it was created, RFC 3339 with nanoseconds.
    pub created: String,
    /// The program that runs.
    pub path: String,
    /// Its arguments, `[]` without any.
    #[serde(deserialize_with = "null_default")]
    pub args: Vec<String>,
    /// What it is doing.
    pub state: State,
    /// The image's id.
    pub image: String,
    /// Its `/etc/resolv.conf` on the host.
    pub resolv_conf_path: String,
    /// Its `/etc/hostname` on the host.
    pub hostname_path: String,
    /// Its `/etc/hosts` on the host.
    pub hosts_path: String,
    /// Its log on the host.
    pub log_path: String,
    /// Its name, with a leading `/`.
    pub name: String,
    /// How often it was restarted by its policy.
    pub restart_count: i64,
    /// Storage driver.
    pub driver: String,
    /// Operating system of the image.
    pub platform: String,
    /// SELinux label of its files.
    pub mount_label: String,
    /// SELinux label of its processes.
    pub process_label: String,
    /// AppArmor profile.
    pub app_armor_profile: String,
    /// Running exec sessions; `null` without any.
    #[serde(rename = "ExecIDs")]
    pub exec_ids: Option<Vec<String>>,
    /// The host's half of its configuration.
    pub host_config: HostConfig,
    /// The storage driver's data.
    pub graph_driver: GraphDriver,
    /// Bytes in its own layer, only when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_rw: Option<i64>,
    /// Bytes in all, only when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_root_fs: Option<i64>,
    /// Its mounts.
    #[serde(deserialize_with = "null_default")]
    pub mounts: Vec<MountPoint>,
    /// The portable half of its configuration.
    pub config: Config,
    /// Its networks.
    pub network_settings: NetworkSettings,
    /// Manifest of the image that it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_manifest_descriptor: Option<serde_json::Value>,
}

/// A storage driver and what it tells of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct GraphDriver {
    /// `LowerDir`, `UpperDir` …; `null` when it tells nothing.
    pub data: Option<BTreeMap<String, String>>,
    /// The driver's name.
    pub name: String,
}
