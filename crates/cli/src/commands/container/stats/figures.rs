//! From the kernel's counters to what is shown: Docker's arithmetic. Pure.

use corten_api_types::container::{CpuStats, MemoryStats, StatsResponse};

/// What a container uses.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Figures {
    /// Percent of one CPU.
    pub(super) cpu: f64,
    /// Bytes, without the page cache that nobody has used for long.
    pub(super) memory: u64,
    /// Bytes.
    pub(super) memory_limit: u64,
    /// Percent of the limit.
    pub(super) memory_share: f64,
    /// Bytes received and sent.
    pub(super) network: (u64, u64),
    /// Bytes read and written.
    pub(super) block_io: (u64, u64),
    /// Processes and threads.
    pub(super) pids: u64,
}

impl Figures {
    pub(super) fn of(stats: &StatsResponse) -> Self {
        let memory = without_cache(&stats.memory_stats);
        let limit = stats.memory_stats.limit;
        let entries = stats.blkio_stats.io_service_bytes_recursive.as_deref().unwrap_or_default();
        let bytes = |first: char| {
            let of_it = entries.iter().filter(|entry| entry.op.to_lowercase().starts_with(first));
            of_it.map(|entry| entry.value).sum()
        };
        Self {
            cpu: cpu_percent(&stats.precpu_stats, &stats.cpu_stats),
            memory,
            memory_limit: limit,
            memory_share: if limit == 0 { 0.0 } else { memory as f64 / limit as f64 * 100.0 },
            network: stats
                .networks
                .values()
                .fold((0, 0), |(received, sent), one| (received + one.rx_bytes, sent + one.tx_bytes)),
            block_io: (bytes('r'), bytes('w')),
            pids: stats.pids_stats.current,
        }
    }
}

/// The container's part of what the machine's CPUs could have done meanwhile.
fn cpu_percent(before: &CpuStats, now: &CpuStats) -> f64 {
    let used = now.cpu_usage.total_usage as f64 - before.cpu_usage.total_usage as f64;
    let possible = now.system_cpu_usage as f64 - before.system_cpu_usage as f64;
    let cpus = match now.online_cpus {
        0 => now.cpu_usage.percpu_usage.len() as f64,
        cpus => f64::from(cpus),
    };
    if used > 0.0 && possible > 0.0 { used / possible * cpus * 100.0 } else { 0.0 }
}

/// v1 counts what is below a cgroup under a name of its own.
fn without_cache(memory: &MemoryStats) -> u64 {
    let cache = |name: &str| memory.stats.get(name).copied().filter(|bytes| *bytes < memory.usage);
    let cache = cache("total_inactive_file").or_else(|| cache("inactive_file"));
    memory.usage - cache.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Figures;

    #[test]
    fn figures_are_those_of_docker() {
        let stats = serde_json::from_str(
            r#"{"cpu_stats":{"cpu_usage":{"total_usage":300000000},"system_cpu_usage":3000000000,"online_cpus":2},
            "precpu_stats":{"cpu_usage":{"total_usage":100000000},"system_cpu_usage":2000000000},
            "memory_stats":{"usage":1000,"limit":4000,"stats":{"inactive_file":100,"total_inactive_file":200}},
            "blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":7},{"op":"write","value":8},{"op":"Total","value":15}]},
            "networks":{"eth0":{"rx_bytes":1,"tx_bytes":2},"eth1":{"rx_bytes":3,"tx_bytes":4}},"pids_stats":{"current":5}}"#,
        );
        let expected = Figures {
            cpu: 40.0,
            memory: 800,
            memory_limit: 4000,
            memory_share: 20.0,
            network: (4, 6),
            block_io: (7, 8),
            pids: 5,
        };
        assert_eq!(Figures::of(&stats.unwrap()), expected);
    }

    #[test]
    fn a_container_that_does_not_run_uses_nothing() {
        assert_eq!(Figures::of(&serde_json::from_str("{}").unwrap()), Figures::default());
    }
}
