//! `GET /containers/{id}/stats`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::{is_default, null_default};

/// What a container uses. Fields of Windows are always zero.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
#[schemars(rename = "ContainerStats")]
pub struct StatsResponse {
    /// Its name, with a slash.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// Its id.
    #[serde(skip_serializing_if = "is_default")]
    pub id: String,
    /// When this was read, RFC 3339.
    pub read: String,
    /// When `precpu_stats` was read.
    pub preread: String,
    /// Processes and threads.
    pub pids_stats: PidsStats,
    /// Block devices.
    pub blkio_stats: BlkioStats,
    /// Windows only.
    pub num_procs: u32,
    /// Windows only.
    pub storage_stats: BTreeMap<String, u64>,
    /// CPU time.
    pub cpu_stats: CpuStats,
    /// CPU time when it was read before; zero the first time.
    pub precpu_stats: CpuStats,
    /// Memory.
    pub memory_stats: MemoryStats,
    /// By interface.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_default")]
    pub networks: BTreeMap<String, NetworkStats>,
}

/// Go's zero time.
const NEVER: &str = "0001-01-01T00:00:00Z";

impl Default for StatsResponse {
    fn default() -> Self {
        Self {
            name: String::new(),
            id: String::new(),
            read: NEVER.to_owned(),
            preread: NEVER.to_owned(),
            pids_stats: PidsStats::default(),
            blkio_stats: BlkioStats::default(),
            num_procs: 0,
            storage_stats: BTreeMap::new(),
            cpu_stats: CpuStats::default(),
            precpu_stats: CpuStats::default(),
            memory_stats: MemoryStats::default(),
            networks: BTreeMap::new(),
        }
    }
}

/// Processes and threads.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct PidsStats {
    /// How many there are.
    #[serde(skip_serializing_if = "is_default")]
    pub current: u64,
    /// How many there may be; without a limit 0 on cgroup v1, the greatest number on v2.
    #[serde(skip_serializing_if = "is_default")]
    pub limit: u64,
}

/// Block devices; `None` is written as `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // The names are the API's; the first two are the ones that have values today.
pub struct BlkioStats {
    pub io_service_bytes_recursive: Option<Vec<BlkioEntry>>,
    pub io_serviced_recursive: Option<Vec<BlkioEntry>>,
    pub io_queue_recursive: Option<Vec<BlkioEntry>>,
    pub io_service_time_recursive: Option<Vec<BlkioEntry>>,
    pub io_wait_time_recursive: Option<Vec<BlkioEntry>>,
    pub io_merged_recursive: Option<Vec<BlkioEntry>>,
    pub io_time_recursive: Option<Vec<BlkioEntry>>,
    pub sectors_recursive: Option<Vec<BlkioEntry>>,
}

/// One counter of one device.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct BlkioEntry {
    /// Major number.
    pub major: u64,
    /// Minor number.
    pub minor: u64,
    /// `Read`, `Write` …; in lower case on cgroup v2.
    pub op: String,
    /// Bytes or operations.
    pub value: u64,
}

/// CPU time.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct CpuStats {
    /// Of the container.
    pub cpu_usage: CpuUsage,
    /// Of the machine, in nanoseconds.
    #[serde(skip_serializing_if = "is_default")]
    pub system_cpu_usage: u64,
    /// CPUs of the machine.
    #[serde(skip_serializing_if = "is_default")]
    pub online_cpus: u32,
    /// What its quota kept from it.
    pub throttling_data: ThrottlingData,
}

/// CPU time in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct CpuUsage {
    /// All of it.
    pub total_usage: u64,
    /// By CPU, on cgroup v1.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_default")]
    pub percpu_usage: Vec<u64>,
    /// In the kernel.
    pub usage_in_kernelmode: u64,
    /// In programs.
    pub usage_in_usermode: u64,
}

/// What a quota kept from a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct ThrottlingData {
    /// Periods in which it ran.
    pub periods: u64,
    /// Those in which it used its quota up.
    pub throttled_periods: u64,
    /// Nanoseconds that it has waited.
    pub throttled_time: u64,
}

/// Memory in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryStats {
    /// In use, page cache included.
    #[serde(skip_serializing_if = "is_default")]
    pub usage: u64,
    /// The most that was ever in use, on cgroup v1.
    #[serde(skip_serializing_if = "is_default")]
    pub max_usage: u64,
    /// The kernel's details, whose names differ between the versions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_default")]
    pub stats: BTreeMap<String, u64>,
    /// How often the limit was run into.
    #[serde(skip_serializing_if = "is_default")]
    pub failcnt: u64,
    /// The limit, at most the machine's memory.
    #[serde(skip_serializing_if = "is_default")]
    pub limit: u64,
}

/// One network interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Bytes, packets, damaged and dropped packets, received and sent.
pub struct NetworkStats {
    pub rx_bytes: u64,
    pub rx_packets: u64,
    pub rx_errors: u64,
    pub rx_dropped: u64,
    pub tx_bytes: u64,
    pub tx_packets: u64,
    pub tx_errors: u64,
    pub tx_dropped: u64,
}
