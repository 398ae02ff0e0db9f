//! `GET /info`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RegistryConfig;
use crate::null::{is_default, is_none_or_empty, null_default};

/// What the engine has and can do.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "SystemInfo")]
pub struct Info {
    /// Identifies the engine's root.
    #[serde(rename = "ID")]
    pub id: String,
    /// Containers in all.
    pub containers: i64,
    /// Of these running,
    pub containers_running: i64,
    /// paused,
    pub containers_paused: i64,
    /// and neither.
    pub containers_stopped: i64,
    /// Images.
    pub images: i64,
    /// Storage driver.
    pub driver: String,
    /// What it tells, `[["Backing Filesystem", "extfs"], …]`.
    pub driver_status: Option<Vec<[String; 2]>>,
    /// Plugins by kind.
    pub plugins: Plugins,
    /// Memory can be limited.
    pub memory_limit: bool,
    /// Swap can be limited.
    pub swap_limit: bool,
    /// CFS periods can be set.
    pub cpu_cfs_period: bool,
    /// CFS quotas can be set.
    pub cpu_cfs_quota: bool,
    /// CPU shares can be set.
    #[serde(rename = "CPUShares")]
    pub cpu_shares: bool,
    /// Processors can be chosen.
    #[serde(rename = "CPUSet")]
    pub cpu_set: bool,
    /// Processes can be limited.
    pub pids_limit: bool,
    /// The host forwards IPv4.
    #[serde(rename = "IPv4Forwarding")]
    pub ipv4_forwarding: bool,
    /// Debugging is on.
    pub debug: bool,
    /// Open descriptors of the engine.
    #[serde(rename = "NFd")]
    pub n_fd: i64,
    /// The out-of-memory killer can be turned off.
    pub oom_kill_disable: bool,
    /// Goroutines; other engines report tasks or 0.
    #[serde(rename = "NGoroutines")]
    pub n_goroutines: i64,
    /// Now, RFC 3339.
    pub system_time: String,
    /// Default log driver.
    pub logging_driver: String,
    /// `cgroupfs` or `systemd`.
    pub cgroup_driver: String,
    /// `1` or `2`.
    #[serde(skip_serializing_if = "is_default")]
    pub cgroup_version: String,
    /// Followers of events.
    #[serde(rename = "NEventsListener")]
    pub n_events_listener: i64,
    /// `uname -r`.
    pub kernel_version: String,
    /// `PRETTY_NAME` of the host.
    pub operating_system: String,
    /// `VERSION_ID` of the host.
    #[serde(rename = "OSVersion")]
    pub os_version: String,
    /// `linux`.
    #[serde(rename = "OSType")]
    pub os_type: String,
    /// `x86_64`, `aarch64` …
    pub architecture: String,
    /// The default registry.
    pub index_server_address: String,
    /// Registries that are treated specially.
    pub registry_config: Option<RegistryConfig>,
    /// Processors.
    #[serde(rename = "NCPU")]
    pub n_cpu: i64,
    /// Memory in bytes.
    pub mem_total: i64,
    /// Swarm's generic resources; `null`.
    pub generic_resources: Option<Vec<serde_json::Value>>,
    /// The engine's root directory.
    pub docker_root_dir: String,
    /// Proxy for HTTP.
    pub http_proxy: String,
    /// Proxy for HTTPS.
    pub https_proxy: String,
    /// Where no proxy is used.
    pub no_proxy: String,
    /// Host name.
    pub name: String,
    /// Labels of the engine.
    #[serde(deserialize_with = "null_default")]
    pub labels: Vec<String>,
    /// Experimental features are on.
    pub experimental_build: bool,
    /// The engine's version.
    pub server_version: String,
    /// Runtimes by name.
    pub runtimes: Option<BTreeMap<String, Runtime>>,
    /// The one used when none is named.
    pub default_runtime: String,
    /// Swarm.
    pub swarm: Swarm,
    /// Containers outlive the engine.
    pub live_restore_enabled: bool,
    /// Windows only.
    pub isolation: String,
    /// Name of the small init.
    pub init_binary: String,
    /// Build of containerd.
    pub containerd_commit: Commit,
    /// Build of the runtime.
    pub runc_commit: Commit,
    /// Build of the small init.
    pub init_commit: Commit,
    /// `name=seccomp,profile=builtin`, `name=cgroupns` …
    #[serde(deserialize_with = "null_default")]
    pub security_options: Vec<String>,
    /// Licence of the product.
    #[serde(skip_serializing_if = "is_default")]
    pub product_license: String,
    /// Address pools of new networks.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub default_address_pools: Option<Vec<serde_json::Value>>,
    /// Packet filter in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firewall_backend: Option<Firewall>,
    /// Directories of device descriptions.
    #[serde(rename = "CDISpecDirs", deserialize_with = "null_default")]
    pub cdi_spec_dirs: Vec<String>,
    /// Devices found there.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub discovered_devices: Option<Vec<serde_json::Value>>,
    /// containerd's socket and namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub containerd: Option<Containerd>,
    /// Before API 1.50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridge_nf_iptables: Option<bool>,
    /// Before API 1.50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridge_nf_ip6tables: Option<bool>,
    /// What the user should know; `null` without any.
    pub warnings: Option<Vec<String>>,
}

/// Plugins by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Plugins {
    /// Volume drivers.
    pub volume: Option<Vec<String>>,
    /// Network drivers.
    pub network: Option<Vec<String>>,
    /// Authorization plugins.
    pub authorization: Option<Vec<String>>,
    /// Log drivers.
    pub log: Option<Vec<String>>,
}

/// A runtime that containers can ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct Runtime {
    /// Path of the program.
    #[serde(skip_serializing_if = "is_default")]
    pub path: String,
    /// More arguments.
    #[serde(rename = "runtimeArgs", skip_serializing_if = "is_none_or_empty")]
    pub args: Option<Vec<String>>,
    /// containerd's name of it.
    #[serde(rename = "runtimeType", skip_serializing_if = "is_default")]
    pub kind: String,
    /// Its options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<serde_json::Value>,
    /// What it tells of itself.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub status: Option<BTreeMap<String, String>>,
}

/// Swarm's state; an engine that is not in a swarm is `inactive`.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct Swarm {
    /// The node's id.
    #[serde(rename = "NodeID")]
    pub node_id: String,
    /// The node's address.
    #[serde(rename = "NodeAddr")]
    pub node_addr: String,
    /// `inactive`, `active` …
    #[serde(rename = "LocalNodeState")]
    pub local_node_state: String,
    /// It is a manager.
    #[serde(rename = "ControlAvailable")]
    pub control_available: bool,
    /// What is wrong.
    #[serde(rename = "Error")]
    pub error: String,
    /// Other managers.
    #[serde(rename = "RemoteManagers")]
    pub remote_managers: Option<Vec<serde_json::Value>>,
}

/// Build of a part.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct Commit {
    /// Commit or version.
    #[serde(rename = "ID")]
    pub id: String,
    /// The same, before API 1.49.
    #[serde(rename = "Expected", skip_serializing_if = "is_default")]
    pub expected: String,
}

/// Packet filter in use.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Firewall {
    /// `nftables`, `iptables` …
    pub driver: String,
    /// More about it.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub info: Option<Vec<[String; 2]>>,
}

/// containerd's socket and namespaces.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Containerd {
    /// Its socket.
    #[serde(skip_serializing_if = "is_default")]
    pub address: String,
    /// Its namespaces.
    pub namespaces: ContainerdNamespaces,
}

/// Namespaces in containerd.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerdNamespaces {
    /// Of containers.
    pub containers: String,
    /// Of plugins.
    pub plugins: String,
}
