//! What a container is asked to be: the merged request, as it is kept in the database.
//!
//! These are the engine's own words; the Engine API's shapes are translated at the API server, which also refuses what has no field here.

mod connection;

use std::collections::BTreeMap;
use std::path::PathBuf;

use corten_spec::image::Healthcheck;
use serde::{Deserialize, Serialize};

pub use super::restart::RestartPolicy;
pub use super::streams_config::StreamsConfig;
use super::user_namespace::IdRanges;
pub use connection::{EndpointConfig, PortBindingConfig};

/// A container's configuration after the image's defaults were merged in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ContainerConfig {
    /// The image as it was named.
    pub image: String,
    /// Host name inside; empty = the first 12 digits of the id.
    pub hostname: String,
    /// NIS domain name inside; empty = none.
    pub domainname: String,
    /// `user[:group]`, names or numbers; empty = root.
    pub user: String,
    /// `NAME=value`, later entries win.
    pub env: Vec<String>,
    /// What precedes `cmd`; `None` = nothing.
    pub entrypoint: Option<Vec<String>>,
    /// Arguments; `None` = nothing.
    pub cmd: Option<Vec<String>>,
    /// Where the process starts; empty = `/`.
    pub working_dir: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The ports that the image or the request names (`80/tcp`): shown by inspect, without effect until published.
    pub exposed_ports: Vec<String>,
    /// The paths that the image or the request declares as volumes.
    pub volumes: Vec<String>,
    /// A name or a number; empty = SIGTERM.
    pub stop_signal: String,
    /// Seconds between the stop signal and SIGKILL; `None` = the default of ten, negative = for ever.
    pub stop_timeout: Option<i64>,
    /// What a command line for its health is given to; empty = `/bin/sh -c`. As in Docker, the image's is not taken over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shell: Vec<String>,
    /// How its health is to be probed. `None` = nobody said.
    #[serde(default)]
    pub health: Option<Healthcheck>,
    /// What happens when it becomes unhealthy, in Podman's words: `none` (as empty), `kill`, `restart`, `stop`.
    #[serde(default)]
    pub health_on_failure: String,
    /// How the process is connected.
    pub streams: StreamsConfig,
    /// The side of the host.
    pub host: HostConfig,
}

/// What the container gets of the host, and what is kept from it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HostConfig {
    /// Removed when it exits.
    pub auto_remove: bool,
    /// Bind mounts as `-v` gave them (`/host:/container[:options]`), kept as typed for inspect.
    pub binds: Vec<String>,
    /// `--mount` entries.
    pub mounts: Vec<MountConfig>,
    /// Containers whose mounts it gets, as typed: `name[:ro|:rw|:z|:Z]`.
    #[serde(default)]
    pub volumes_from: Vec<String>,
    /// Read-only `binds` are so at their top alone, not in what is mounted below.
    #[serde(default)]
    pub shallow_read_only_binds: bool,
    /// What keeps its anonymous volumes; empty = `local`.
    #[serde(default)]
    pub volume_driver: String,
    /// The volumes that it has, settled at its creation.
    #[serde(default)]
    pub volume_points: Vec<VolumePoint>,
    /// Mounts of the host's that it has from other containers, settled at its creation.
    #[serde(default)]
    pub inherited: Vec<MountConfig>,
    /// `--tmpfs`: target to options.
    pub tmpfs: BTreeMap<String, String>,
    /// The root file system is read-only.
    pub read_only: bool,
    /// Limits.
    pub resources: ResourcesConfig,
    /// Bytes of `/dev/shm`; 0 = 64 MiB.
    pub shm_size: i64,
    /// `--storage-opt`: how much it may write.
    #[serde(default)]
    pub storage_options: BTreeMap<String, String>,
    /// Host devices made available.
    pub devices: Vec<DeviceConfig>,
    /// Devices that are asked for by name.
    #[serde(default)]
    pub device_requests: Vec<DeviceRequestConfig>,
    /// Everything is allowed.
    pub privileged: bool,
    /// Capabilities beyond the default, without or with `CAP_`; `ALL`.
    pub cap_add: Vec<String>,
    /// Capabilities taken away.
    pub cap_drop: Vec<String>,
    /// `--security-opt` as typed.
    pub security_opt: Vec<String>,
    /// Our own init as PID 1.
    pub init: Option<bool>,
    /// `""`, `host` or `container:ID`.
    pub pid_mode: String,
    /// `""`, `private`, `shareable`, `none`, `host` or `container:ID`.
    pub ipc_mode: String,
    /// `""` or `host`.
    pub uts_mode: String,
    /// `none`, `host`, `container:ID`, `bridge`, or `default`, which is the bridge.
    pub network_mode: String,
    /// What the container of `container:ID` was called when that was chosen: one that is made again under this name takes its place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network_owner: String,
    /// What is wanted of the connection to the network.
    #[serde(default)]
    pub endpoint: EndpointConfig,
    /// Where ports (`80/tcp`) appear on the host.
    #[serde(default)]
    pub port_bindings: BTreeMap<String, Vec<PortBindingConfig>>,
    /// Every exposed port appears on the host, at a port that is chosen when the container starts.
    #[serde(default)]
    pub publish_all_ports: bool,
    /// Name servers instead of the host's.
    #[serde(default)]
    pub dns: Vec<String>,
    /// Options of the resolver instead of the host's.
    #[serde(default)]
    pub dns_options: Vec<String>,
    /// Search domains instead of the host's; a single `.` is none.
    #[serde(default)]
    pub dns_search: Vec<String>,
    /// Lines for the hosts file, `name:address`; `host-gateway` stands for the host.
    #[serde(default)]
    pub extra_hosts: Vec<String>,
    /// `""`, `private` or `host`.
    pub cgroupns_mode: String,
    /// `--userns` as typed.
    #[serde(default)]
    pub userns_mode: String,
    /// The ids of the container's own user namespace, chosen at its creation; `None` = it has none.
    #[serde(default)]
    pub ids: Option<IdRanges>,
    /// Groups beyond the user's own: names or numbers.
    pub group_add: Vec<String>,
    /// Kernel settings of the container's namespaces.
    pub sysctls: BTreeMap<String, String>,
    /// -1000 … 1000.
    pub oom_score_adj: i32,
    /// Parent cgroup; empty = the engine's own.
    pub cgroup_parent: String,
    /// What is kept of the output.
    pub log: LogConfig,
    /// What happens when it ends.
    #[serde(default)]
    pub restart: RestartPolicy,
    /// Paths hidden from the container; `None` = the default list.
    pub masked_paths: Option<Vec<String>>,
    /// Paths made read-only; `None` = the default list.
    pub readonly_paths: Option<Vec<String>>,
    /// Where the id of the created container was written, for inspect.
    pub container_id_file: String,
    /// Annotations of the OCI configuration.
    pub annotations: BTreeMap<String, String>,
    /// The name or the path of the runtime that makes it; empty = our own.
    #[serde(default)]
    pub runtime: String,
    /// `""` or `default`, as it was said, for inspect: there is one way of isolating.
    #[serde(default)]
    pub isolation: String,
}

/// One `--mount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountConfig {
    /// Which kind.
    pub kind: MountKind,
    /// The path inside the container.
    pub target: String,
    /// Whether it is read-only.
    pub read_only: bool,
}

/// A volume at its place in a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumePoint {
    /// The volume.
    pub name: String,
    /// The path inside the container.
    pub target: String,
    /// Whether it is read-only.
    pub read_only: bool,
    /// The options as typed.
    pub mode: String,
    /// What the image has there is copied into it, if it is empty.
    pub copies: bool,
    /// The directory in the volume that is mounted; empty = all of it.
    pub subpath: String,
    /// Somebody chose its name: it stays when the container goes.
    pub is_named: bool,
}

/// The kinds of mounts that exist so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountKind {
    /// A file or directory of the host.
    Bind {
        /// Its absolute path.
        source: String,
        /// `rprivate` where empty.
        propagation: String,
        /// Without the mounts below it.
        non_recursive: bool,
        /// Makes a missing source as a directory, as `-v` does.
        create_source: bool,
        /// Owners are shown by the ids of the container's user namespace.
        #[serde(default)]
        maps_ids: bool,
        /// Read-only is the top mount alone, not what is mounted below it.
        #[serde(default)]
        shallow_read_only: bool,
    },
    /// A volume, which is made where it is missing.
    Volume(VolumeRequest),
    /// Memory.
    Tmpfs {
        /// Bytes; 0 = half of the memory.
        size: i64,
        /// Permission bits of its root; 0 = 01777.
        mode: u32,
    },
}

/// A volume that is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeRequest {
    /// Its name; empty = one of the container's own.
    pub name: String,
    /// What the image has there is not copied into it.
    pub no_copy: bool,
    /// The directory in it that is mounted; empty = all of it.
    pub subpath: String,
    /// Labels of one that has to be made.
    pub labels: BTreeMap<String, String>,
    /// What keeps it; empty = `local`.
    pub driver: String,
    /// Options of one that has to be made.
    pub options: BTreeMap<String, String>,
}

/// Limits. Zero or `None` is "none".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourcesConfig {
    /// Bytes.
    pub memory: i64,
    /// Memory and swap together in bytes; -1 = unlimited swap, 0 = twice `memory`.
    pub memory_swap: i64,
    /// Soft limit in bytes.
    pub memory_reservation: i64,
    /// Billionths of a CPU.
    pub nano_cpus: i64,
    /// Relative weight, 2 … 262144.
    pub cpu_shares: i64,
    /// Microseconds.
    pub cpu_period: i64,
    /// Microseconds a period.
    pub cpu_quota: i64,
    /// `0-2,4`.
    pub cpuset_cpus: String,
    /// `0,1`.
    pub cpuset_mems: String,
    /// Microseconds of a real-time period.
    #[serde(default)]
    pub cpu_realtime_period: i64,
    /// Microseconds of real-time scheduling in it.
    #[serde(default)]
    pub cpu_realtime_runtime: i64,
    /// 0 … 100; `None` = the kernel's.
    #[serde(default)]
    pub memory_swappiness: Option<i64>,
    /// Whether processes wait for memory instead of being killed for want of it.
    #[serde(default)]
    pub oom_kill_disable: Option<bool>,
    /// Processes and threads; 0 and below = unlimited.
    pub pids_limit: Option<i64>,
    /// Block I/O, its weight and its rates.
    #[serde(default)]
    pub block_io: BlockIoConfig,
    /// `rlimits` of the process.
    pub ulimits: Vec<UlimitConfig>,
    /// `--device-cgroup-rule` as typed.
    pub device_cgroup_rules: Vec<String>,
}

/// Limits of block I/O. Empty and 0 are "none".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockIoConfig {
    /// Relative weight, 10 … 1000.
    pub weight: u16,
    /// The weight for single devices.
    pub weight_device: Vec<BlockDeviceConfig>,
    /// Bytes read a second.
    pub read_bps: Vec<BlockDeviceConfig>,
    /// Bytes written a second.
    pub write_bps: Vec<BlockDeviceConfig>,
    /// Reads a second.
    pub read_iops: Vec<BlockDeviceConfig>,
    /// Writes a second.
    pub write_iops: Vec<BlockDeviceConfig>,
}

/// What one block device is limited to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockDeviceConfig {
    /// Its path on the host.
    pub path: String,
    /// A weight or a rate.
    pub value: u64,
}

/// One resource limit of the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UlimitConfig {
    /// `nofile`, `nproc`, …
    pub name: String,
    /// -1 = unlimited.
    pub soft: i64,
    /// -1 = unlimited.
    pub hard: i64,
}

/// One host device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceConfig {
    /// On the host; a directory stands for every device below it.
    pub path_on_host: PathBuf,
    /// Inside; empty = the same.
    pub path_in_container: PathBuf,
    /// A subset of `rwm`; empty = all.
    pub cgroup_permissions: String,
}

/// Devices asked for by name, number or capability.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRequestConfig {
    /// `cdi`, a vendor, or empty for whoever has the capabilities.
    pub driver: String,
    /// How many; -1 = all.
    pub count: i64,
    /// Which.
    pub ids: Vec<String>,
    /// Any of these lists, all of a list.
    pub capabilities: Vec<Vec<String>>,
    /// Options of the driver.
    pub options: BTreeMap<String, String>,
}

/// What is kept of the output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogConfig {
    /// `json-file`, `local`, `journald` or `none`; empty = `json-file`.
    pub driver: String,
    /// `max-size`, `max-file` …
    pub options: BTreeMap<String, String>,
}
