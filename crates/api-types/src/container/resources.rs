//! Limits, devices and ulimits of a container.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::{is_default, null_default};

/// The part of `HostConfig` that `container update` may change; 0 means no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Resources {
    /// Relative weight, 1024 is one share.
    #[serde(deserialize_with = "null_default")]
    pub cpu_shares: i64,
    /// Memory limit in bytes.
    #[serde(deserialize_with = "null_default")]
    pub memory: i64,
    /// CPU time in 10⁻⁹ processors.
    #[serde(deserialize_with = "null_default")]
    pub nano_cpus: i64,
    /// Cgroup below which the container's own is made.
    #[serde(deserialize_with = "null_default")]
    pub cgroup_parent: String,
    /// Block I/O weight, 10 to 1000.
    #[serde(deserialize_with = "null_default")]
    pub blkio_weight: u16,
    /// The same for single devices.
    pub blkio_weight_device: Option<Vec<WeightDevice>>,
    /// Bytes read a second.
    pub blkio_device_read_bps: Option<Vec<ThrottleDevice>>,
    /// Bytes written a second.
    pub blkio_device_write_bps: Option<Vec<ThrottleDevice>>,
    /// Reads a second.
    #[serde(rename = "BlkioDeviceReadIOps")]
    pub blkio_device_read_iops: Option<Vec<ThrottleDevice>>,
    /// Writes a second.
    #[serde(rename = "BlkioDeviceWriteIOps")]
    pub blkio_device_write_iops: Option<Vec<ThrottleDevice>>,
    /// CFS period in microseconds.
    #[serde(deserialize_with = "null_default")]
    pub cpu_period: i64,
    /// CFS quota in microseconds of a period.
    #[serde(deserialize_with = "null_default")]
    pub cpu_quota: i64,
    /// Real-time period in microseconds.
    #[serde(deserialize_with = "null_default")]
    pub cpu_realtime_period: i64,
    /// Real-time budget in microseconds.
    #[serde(deserialize_with = "null_default")]
    pub cpu_realtime_runtime: i64,
    /// Processors it may use, `0-2,4`.
    #[serde(deserialize_with = "null_default")]
    pub cpuset_cpus: String,
    /// Memory nodes it may use.
    #[serde(deserialize_with = "null_default")]
    pub cpuset_mems: String,
    /// Devices of the host.
    pub devices: Option<Vec<DeviceMapping>>,
    /// Rules for the device cgroup, `c 42:* rmw`.
    pub device_cgroup_rules: Option<Vec<String>>,
    /// Requests to device drivers (`--gpus`).
    pub device_requests: Option<Vec<DeviceRequest>>,
    /// Kernel memory limit, gone from the kernel and the API.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub kernel_memory: i64,
    /// Limit of kernel TCP buffers in bytes (cgroup v1).
    #[serde(
        rename = "KernelMemoryTCP",
        skip_serializing_if = "is_default",
        deserialize_with = "null_default"
    )]
    pub kernel_memory_tcp: i64,
    /// Soft limit in bytes.
    #[serde(deserialize_with = "null_default")]
    pub memory_reservation: i64,
    /// Memory and swap together in bytes; -1 for unlimited swap.
    #[serde(deserialize_with = "null_default")]
    pub memory_swap: i64,
    /// 0 to 100, -1 or absent for the kernel's.
    pub memory_swappiness: Option<i64>,
    /// The out-of-memory killer is off (cgroup v1).
    pub oom_kill_disable: Option<bool>,
    /// Processes and threads; 0 or -1 for unlimited.
    pub pids_limit: Option<i64>,
    /// Resource limits of the processes.
    pub ulimits: Option<Vec<Ulimit>>,
    /// Windows only.
    #[serde(deserialize_with = "null_default")]
    pub cpu_count: i64,
    /// Windows only.
    #[serde(deserialize_with = "null_default")]
    pub cpu_percent: i64,
    /// Windows only.
    #[serde(rename = "IOMaximumIOps", deserialize_with = "null_default")]
    pub io_maximum_iops: u64,
    /// Windows only.
    #[serde(rename = "IOMaximumBandwidth", deserialize_with = "null_default")]
    pub io_maximum_bandwidth: u64,
}

/// Block I/O weight of one device.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct WeightDevice {
    /// The device's path on the host.
    pub path: String,
    /// 10 to 1000.
    pub weight: u16,
}

/// Block I/O rate of one device.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ThrottleDevice {
    /// The device's path on the host.
    pub path: String,
    /// Bytes or operations a second.
    pub rate: u64,
}

/// A device of the host inside the container.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct DeviceMapping {
    /// Path on the host.
    #[serde(deserialize_with = "null_default")]
    pub path_on_host: String,
    /// Path in the container.
    #[serde(deserialize_with = "null_default")]
    pub path_in_container: String,
    /// Some of `r`, `w`, `m`.
    #[serde(deserialize_with = "null_default")]
    pub cgroup_permissions: String,
}

/// A request to a device driver.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "WantedDevices")]
pub struct DeviceRequest {
    /// The driver; empty for any that has the capabilities.
    #[serde(deserialize_with = "null_default")]
    pub driver: String,
    /// How many devices, -1 for all.
    #[serde(deserialize_with = "null_default")]
    pub count: i64,
    /// Which devices.
    #[serde(rename = "DeviceIDs")]
    pub device_ids: Option<Vec<String>>,
    /// Any of these lists, all of a list.
    pub capabilities: Option<Vec<Vec<String>>>,
    /// Options of the driver.
    pub options: Option<BTreeMap<String, String>>,
}

/// One resource limit; -1 is unlimited.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Ulimit {
    /// `nofile`, `nproc` …
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Hard limit.
    #[serde(deserialize_with = "null_default")]
    pub hard: i64,
    /// Soft limit.
    #[serde(deserialize_with = "null_default")]
    pub soft: i64,
}
