//! What the engine read, in Docker's shape, which shows on which version of cgroups it was read. Pure.

use std::collections::BTreeMap;

use corten_api_types::container::{
    BlkioEntry, BlkioStats, CpuStats, CpuUsage, MemoryStats, NetworkStats, PidsStats, StatsResponse,
    ThrottlingData,
};
use corten_engine::containers::{InterfaceUsage, Sample, Usage};
use corten_engine::{BlockIoEntry, BlockIoStats, CgroupVersion};

/// The names of v1's `memory.stat` that Docker passes on; each has a second one, `total_…`, for all cgroups below together.
const LEGACY: [&str; 15] = [
    "cache",
    "rss",
    "rss_huge",
    "mapped_file",
    "dirty",
    "writeback",
    "pgpgin",
    "pgpgout",
    "pgfault",
    "pgmajfault",
    "inactive_anon",
    "active_anon",
    "inactive_file",
    "active_file",
    "unevictable",
];

/// Those without a second one.
const LEGACY_LIMITS: [&str; 2] = ["hierarchical_memory_limit", "hierarchical_memsw_limit"];

/// The names of v2's that Docker passes on.
const UNIFIED: [&str; 31] = [
    "anon",
    "file",
    "kernel_stack",
    "slab",
    "sock",
    "shmem",
    "file_mapped",
    "file_dirty",
    "file_writeback",
    "anon_thp",
    "inactive_anon",
    "active_anon",
    "inactive_file",
    "active_file",
    "unevictable",
    "slab_reclaimable",
    "slab_unreclaimable",
    "pgfault",
    "pgmajfault",
    "workingset_refault",
    "workingset_activate",
    "workingset_nodereclaim",
    "pgrefill",
    "pgscan",
    "pgsteal",
    "pgactivate",
    "pgdeactivate",
    "pglazyfree",
    "pglazyfreed",
    "thp_fault_alloc",
    "thp_collapse_alloc",
];

/// A container that does not run has a name and an id.
pub(super) fn document(sample: Sample) -> StatsResponse {
    let named = StatsResponse {
        name: format!("/{}", sample.container.name),
        id: sample.container.id.to_string(),
        ..StatsResponse::default()
    };
    sample.usage.map_or(named.clone(), |usage| with_usage(named, &usage))
}

fn with_usage(named: StatsResponse, usage: &Usage) -> StatsResponse {
    let legacy = usage.cgroup_version == CgroupVersion::V1;
    StatsResponse {
        read: usage.read_at.rfc3339_nano(),
        pids_stats: pids(usage, legacy),
        blkio_stats: usage.cgroup.block_io.as_ref().map(|stats| block_io(stats, legacy)).unwrap_or_default(),
        cpu_stats: cpu(usage),
        memory_stats: memory(usage, legacy),
        networks: usage.interfaces.iter().map(|(name, usage)| (name.clone(), network(usage))).collect(),
        ..named
    }
}

fn pids(usage: &Usage, legacy: bool) -> PidsStats {
    let Some(pids) = usage.cgroup.pids else { return PidsStats::default() };
    let unlimited = if legacy { 0 } else { u64::MAX };
    PidsStats { current: pids.current, limit: pids.limit.unwrap_or(unlimited) }
}

fn cpu(usage: &Usage) -> CpuStats {
    let cpu = usage.cgroup.cpu.clone().unwrap_or_default();
    CpuStats {
        cpu_usage: CpuUsage {
            total_usage: cpu.total,
            percpu_usage: cpu.per_cpu,
            usage_in_kernelmode: cpu.system,
            usage_in_usermode: cpu.user,
        },
        system_cpu_usage: usage.machine_cpu,
        online_cpus: usage.machine_cpus,
        throttling_data: ThrottlingData {
            periods: cpu.periods,
            throttled_periods: cpu.throttled_periods,
            throttled_time: cpu.throttled,
        },
    }
}

fn memory(usage: &Usage, legacy: bool) -> MemoryStats {
    let Some(memory) = &usage.cgroup.memory else { return MemoryStats::default() };
    let machine = usage.machine_memory;
    MemoryStats {
        usage: memory.current,
        max_usage: memory.peak.unwrap_or(0),
        stats: details(&memory.details, legacy),
        failcnt: memory.failures,
        limit: memory.limit.unwrap_or(machine).min(machine),
    }
}

/// Whatever the kernel does not have is 0.
fn details(all: &BTreeMap<String, u64>, legacy: bool) -> BTreeMap<String, u64> {
    let value = |name: String| {
        let value = all.get(&name).copied().unwrap_or(0);
        (name, value)
    };
    if legacy {
        let names = LEGACY.iter().flat_map(|name| [(*name).to_owned(), format!("total_{name}")]);
        names.chain(LEGACY_LIMITS.map(str::to_owned)).map(value).collect()
    } else {
        UNIFIED.iter().map(|name| value((*name).to_owned())).collect()
    }
}

/// On v1 what nobody counts is an empty list, on v2 it is none, and the number of operations is not told.
fn block_io(stats: &BlockIoStats, legacy: bool) -> BlkioStats {
    let list = |entries: &[BlockIoEntry]| -> Vec<BlkioEntry> {
        let entry = |entry: &BlockIoEntry| BlkioEntry {
            major: entry.major,
            minor: entry.minor,
            op: entry.operation.clone(),
            value: entry.value,
        };
        entries.iter().map(entry).collect()
    };
    if !legacy {
        let bytes = Some(list(&stats.bytes)).filter(|list| !list.is_empty());
        return BlkioStats { io_service_bytes_recursive: bytes, ..BlkioStats::default() };
    }
    let none = || Some(Vec::new());
    BlkioStats {
        io_service_bytes_recursive: Some(list(&stats.bytes)),
        io_serviced_recursive: Some(list(&stats.operations)),
        io_queue_recursive: none(),
        io_service_time_recursive: none(),
        io_wait_time_recursive: none(),
        io_merged_recursive: none(),
        io_time_recursive: none(),
        sectors_recursive: none(),
    }
}

fn network(usage: &InterfaceUsage) -> NetworkStats {
    let InterfaceUsage { received, sent } = usage;
    NetworkStats {
        rx_bytes: received.bytes,
        rx_packets: received.packets,
        rx_errors: received.errors,
        rx_dropped: received.dropped,
        tx_bytes: sent.bytes,
        tx_packets: sent.packets,
        tx_errors: sent.errors,
        tx_dropped: sent.dropped,
    }
}

#[cfg(test)]
mod tests {
    use corten_engine::containers::Traffic;
    use corten_engine::{
        CgroupStats, CpuStats as CgroupCpu, MemoryStats as CgroupMemory, PidsStats as CgroupPids,
    };
    use corten_spec::time::Timestamp;
    use expect_test::{Expect, expect};

    use super::*;

    fn usage(version: CgroupVersion, stat: &str) -> Usage {
        let entry = BlockIoEntry { major: 8, minor: 16, operation: "Read".to_owned(), value: 4096 };
        let cgroup = CgroupStats {
            memory: Some(CgroupMemory {
                current: 100,
                peak: (version == CgroupVersion::V1).then_some(200),
                limit: None,
                failures: 0,
                details: [(stat.to_owned(), 7), ("unknown".to_owned(), 8)].into(),
            }),
            cpu: Some(CgroupCpu {
                total: 30,
                user: 20,
                system: 10,
                per_cpu: vec![30],
                ..CgroupCpu::default()
            }),
            pids: Some(CgroupPids { current: 1, limit: None }),
            block_io: Some(BlockIoStats { bytes: vec![entry], operations: Vec::new() }),
        };
        let traffic = Traffic { bytes: 5, packets: 1, errors: 0, dropped: 0 };
        let interface = InterfaceUsage { received: traffic, sent: Traffic::default() };
        Usage {
            read_at: Timestamp::from_nanos(1_000_000_000),
            cgroup,
            cgroup_version: version,
            interfaces: [("eth0".to_owned(), interface)].into(),
            machine_cpu: 1000,
            machine_cpus: 2,
            machine_memory: 4096,
        }
    }

    fn text(stats: &StatsResponse) -> String {
        serde_json::to_string(stats).unwrap().replace("},", "},\n")
    }

    /// Without the details that are 0.
    fn check(version: CgroupVersion, stat: &str, expected: &Expect) {
        let mut shown = with_usage(StatsResponse::default(), &usage(version, stat));
        assert!(shown.memory_stats.stats.len() > 30);
        shown.memory_stats.stats.retain(|_, value| *value != 0);
        expected.assert_eq(&text(&shown));
    }

    #[test]
    fn a_container_on_cgroup_v1() {
        check(
            CgroupVersion::V1,
            "total_cache",
            &expect![[r#"
            {"read":"1970-01-01T00:00:01Z","preread":"0001-01-01T00:00:00Z","pids_stats":{"current":1},
            "blkio_stats":{"io_service_bytes_recursive":[{"major":8,"minor":16,"op":"Read","value":4096}],"io_serviced_recursive":[],"io_queue_recursive":[],"io_service_time_recursive":[],"io_wait_time_recursive":[],"io_merged_recursive":[],"io_time_recursive":[],"sectors_recursive":[]},
            "num_procs":0,"storage_stats":{},
            "cpu_stats":{"cpu_usage":{"total_usage":30,"percpu_usage":[30],"usage_in_kernelmode":10,"usage_in_usermode":20},
            "system_cpu_usage":1000,"online_cpus":2,"throttling_data":{"periods":0,"throttled_periods":0,"throttled_time":0}},
            "precpu_stats":{"cpu_usage":{"total_usage":0,"usage_in_kernelmode":0,"usage_in_usermode":0},
            "throttling_data":{"periods":0,"throttled_periods":0,"throttled_time":0}},
            "memory_stats":{"usage":100,"max_usage":200,"stats":{"total_cache":7},
            "limit":4096},
            "networks":{"eth0":{"rx_bytes":5,"rx_packets":1,"rx_errors":0,"rx_dropped":0,"tx_bytes":0,"tx_packets":0,"tx_errors":0,"tx_dropped":0}}}"#]],
        );
    }

    #[test]
    fn a_container_on_cgroup_v2() {
        check(
            CgroupVersion::V2,
            "file",
            &expect![[r#"
            {"read":"1970-01-01T00:00:01Z","preread":"0001-01-01T00:00:00Z","pids_stats":{"current":1,"limit":18446744073709551615},
            "blkio_stats":{"io_service_bytes_recursive":[{"major":8,"minor":16,"op":"Read","value":4096}],"io_serviced_recursive":null,"io_queue_recursive":null,"io_service_time_recursive":null,"io_wait_time_recursive":null,"io_merged_recursive":null,"io_time_recursive":null,"sectors_recursive":null},
            "num_procs":0,"storage_stats":{},
            "cpu_stats":{"cpu_usage":{"total_usage":30,"percpu_usage":[30],"usage_in_kernelmode":10,"usage_in_usermode":20},
            "system_cpu_usage":1000,"online_cpus":2,"throttling_data":{"periods":0,"throttled_periods":0,"throttled_time":0}},
            "precpu_stats":{"cpu_usage":{"total_usage":0,"usage_in_kernelmode":0,"usage_in_usermode":0},
            "throttling_data":{"periods":0,"throttled_periods":0,"throttled_time":0}},
            "memory_stats":{"usage":100,"stats":{"file":7},
            "limit":4096},
            "networks":{"eth0":{"rx_bytes":5,"rx_packets":1,"rx_errors":0,"rx_dropped":0,"tx_bytes":0,"tx_packets":0,"tx_errors":0,"tx_dropped":0}}}"#]],
        );
    }

    #[test]
    fn a_container_that_does_not_run() {
        expect![[r#"
            {"read":"0001-01-01T00:00:00Z","preread":"0001-01-01T00:00:00Z","pids_stats":{},
            "blkio_stats":{"io_service_bytes_recursive":null,"io_serviced_recursive":null,"io_queue_recursive":null,"io_service_time_recursive":null,"io_wait_time_recursive":null,"io_merged_recursive":null,"io_time_recursive":null,"sectors_recursive":null},
            "num_procs":0,"storage_stats":{},
            "cpu_stats":{"cpu_usage":{"total_usage":0,"usage_in_kernelmode":0,"usage_in_usermode":0},
            "throttling_data":{"periods":0,"throttled_periods":0,"throttled_time":0}},
            "precpu_stats":{"cpu_usage":{"total_usage":0,"usage_in_kernelmode":0,"usage_in_usermode":0},
            "throttling_data":{"periods":0,"throttled_periods":0,"throttled_time":0}},
            "memory_stats":{}}"#]].assert_eq(&text(&StatsResponse::default()));
    }
}
