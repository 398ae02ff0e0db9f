//! The half of a container's configuration that depends on the host.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Resources;
use crate::Unknown;
use crate::mount::Mount;
use crate::network::PortMap;
use crate::null::{is_default, is_none_or_empty, null_default, one_or_many, one_or_many_schema};

/// Everything about a container that an image cannot carry.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct HostConfig {
    /// `source:target[:options]`.
    pub binds: Option<Vec<String>>,
    /// File into which the client wrote the id.
    #[serde(rename = "ContainerIDFile", deserialize_with = "null_default")]
    pub container_id_file: String,
    /// Log driver and its options.
    #[serde(deserialize_with = "null_default")]
    pub log_config: LogConfig,
    /// `none`, `host`, `bridge`, `default`, `container:ID` or a network.
    #[serde(deserialize_with = "null_default")]
    pub network_mode: String,
    /// Published ports.
    pub port_bindings: Option<PortMap>,
    /// What happens when it ends.
    #[serde(deserialize_with = "null_default")]
    pub restart_policy: RestartPolicy,
    /// Remove it when it ends.
    #[serde(deserialize_with = "null_default")]
    pub auto_remove: bool,
    /// Driver of its anonymous volumes.
    #[serde(deserialize_with = "null_default")]
    pub volume_driver: String,
    /// Read-only binds leave what is mounted below them writable, as before API 1.44. Never on the wire.
    #[serde(skip)]
    pub shallow_read_only_binds: bool,
    /// Containers whose volumes it gets, `name[:ro|:rw]`.
    pub volumes_from: Option<Vec<String>>,
    /// Height and width of the terminal at the start.
    #[serde(deserialize_with = "null_default")]
    pub console_size: [u32; 2],
    /// Annotations for the runtime.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Capabilities to add.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(schema_with = "one_or_many_schema")]
    pub cap_add: Option<Vec<String>>,
    /// Capabilities to drop.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(schema_with = "one_or_many_schema")]
    pub cap_drop: Option<Vec<String>>,
    /// `private`, `host` or empty for the default.
    #[serde(deserialize_with = "null_default")]
    pub cgroupns_mode: String,
    /// Name servers.
    pub dns: Option<Vec<String>>,
    /// Resolver options.
    pub dns_options: Option<Vec<String>>,
    /// Search domains.
    pub dns_search: Option<Vec<String>>,
    /// Lines for `/etc/hosts`, `name:address`.
    pub extra_hosts: Option<Vec<String>>,
    /// More groups of the process.
    pub group_add: Option<Vec<String>>,
    /// `none`, `private`, `shareable`, `host`, `container:ID` or empty for the default.
    #[serde(deserialize_with = "null_default")]
    pub ipc_mode: String,
    /// Container whose cgroup it shares.
    #[serde(deserialize_with = "null_default")]
    pub cgroup: String,
    /// Legacy links.
    pub links: Option<Vec<String>>,
    /// -1000 to 1000.
    #[serde(deserialize_with = "null_default")]
    pub oom_score_adj: i64,
    /// `host`, `container:ID` or empty for its own.
    #[serde(deserialize_with = "null_default")]
    pub pid_mode: String,
    /// All capabilities and devices, no confinement.
    #[serde(deserialize_with = "null_default")]
    pub privileged: bool,
    /// Publish every exposed port.
    #[serde(deserialize_with = "null_default")]
    pub publish_all_ports: bool,
    /// The root file system is read-only.
    #[serde(deserialize_with = "null_default")]
    pub readonly_rootfs: bool,
    /// `seccomp=…`, `apparmor=…`, `no-new-privileges`, `label=…` …
    pub security_opt: Option<Vec<String>>,
    /// Options of the storage driver.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub storage_opt: Option<BTreeMap<String, String>>,
    /// Options by path of a tmpfs.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub tmpfs: Option<BTreeMap<String, String>>,
    /// `host` or empty for its own.
    #[serde(rename = "UTSMode", deserialize_with = "null_default")]
    pub uts_mode: String,
    /// `host` or empty for the default.
    #[serde(deserialize_with = "null_default")]
    pub userns_mode: String,
    /// Size of `/dev/shm` in bytes; 0 for 64 MiB.
    #[serde(deserialize_with = "null_default")]
    pub shm_size: i64,
    /// Sysctls of its namespaces.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub sysctls: Option<BTreeMap<String, String>>,
    /// Runtime by name.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub runtime: String,
    /// Windows only; `default` or empty here.
    #[serde(deserialize_with = "null_default")]
    pub isolation: String,
    /// Limits and devices; their fields stand among the others.
    #[serde(flatten)]
    pub resources: Resources,
    /// Mounts.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub mounts: Option<Vec<Mount>>,
    /// Paths hidden in the container; `null` for the default ones, `[]` for none.
    pub masked_paths: Option<Vec<String>>,
    /// Paths read-only in the container, likewise.
    pub readonly_paths: Option<Vec<String>>,
    /// A small init reaps and forwards signals; absent for the engine's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<bool>,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// Log driver and its options.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct LogConfig {
    /// `json-file`, `none` …; empty for the engine's default.
    #[serde(rename = "Type", deserialize_with = "null_default")]
    pub kind: String,
    /// Options of the driver.
    pub config: Option<BTreeMap<String, String>>,
}

/// What happens when a container ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RestartPolicy {
    /// `no`, `always`, `unless-stopped`, `on-failure` or empty.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// For `on-failure`; 0 for no bound.
    #[serde(deserialize_with = "null_default")]
    pub maximum_retry_count: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scripts compare inspect's text, so that the order of the fields counts too.
    #[test]
    fn fields_stand_in_dockers_order() {
        let expected = concat!(
            r#"{"Binds":null,"ContainerIDFile":"","LogConfig":{"Type":"","Config":null},"NetworkMode":"","#,
            r#""PortBindings":null,"RestartPolicy":{"Name":"","MaximumRetryCount":0},"AutoRemove":false,"#,
            r#""VolumeDriver":"","VolumesFrom":null,"ConsoleSize":[0,0],"CapAdd":null,"CapDrop":null,"#,
            r#""CgroupnsMode":"","Dns":null,"DnsOptions":null,"DnsSearch":null,"ExtraHosts":null,"GroupAdd":null,"#,
            r#""IpcMode":"","Cgroup":"","Links":null,"OomScoreAdj":0,"PidMode":"","Privileged":false,"#,
            r#""PublishAllPorts":false,"ReadonlyRootfs":false,"SecurityOpt":null,"UTSMode":"","UsernsMode":"","#,
            r#""ShmSize":0,"Isolation":"","CpuShares":0,"Memory":0,"NanoCpus":0,"CgroupParent":"","#,
            r#""BlkioWeight":0,"BlkioWeightDevice":null,"BlkioDeviceReadBps":null,"BlkioDeviceWriteBps":null,"#,
            r#""BlkioDeviceReadIOps":null,"BlkioDeviceWriteIOps":null,"CpuPeriod":0,"CpuQuota":0,"#,
            r#""CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":null,"#,
            r#""DeviceCgroupRules":null,"DeviceRequests":null,"MemoryReservation":0,"MemorySwap":0,"#,
            r#""MemorySwappiness":null,"OomKillDisable":null,"PidsLimit":null,"Ulimits":null,"CpuCount":0,"#,
            r#""CpuPercent":0,"IOMaximumIOps":0,"IOMaximumBandwidth":0,"MaskedPaths":null,"ReadonlyPaths":null}"#,
        );
        assert_eq!(serde_json::to_string(&HostConfig::default()).unwrap(), expected);
    }

    #[test]
    fn a_limit_is_the_same_in_and_out() {
        let text = r#"{"Memory":1024,"Ulimits":[{"Name":"nofile","Hard":2,"Soft":1}],"Colour":"red"}"#;
        let host: HostConfig = serde_json::from_str(text).unwrap();
        let again: HostConfig = serde_json::from_str(&serde_json::to_string(&host).unwrap()).unwrap();
        assert_eq!(again, host);
        assert_eq!((host.resources.memory, host.unknown.len()), (1024, 1));
    }
}
