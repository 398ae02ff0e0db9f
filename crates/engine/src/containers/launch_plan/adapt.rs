//! What a kernel cannot limit is dropped with a warning, as Docker does it, and what a limit implies is filled in. Pure.

use corten_cgroups::Limit;

use crate::containers::config::ResourcesConfig;

/// Docker's bounds for CPU shares, to which others are brought without a word.
const SHARES: std::ops::RangeInclusive<i64> = 2..=262_144;

/// Fills in what a new container's limits imply.
pub(in crate::containers) fn fill_in(limits: &mut ResourcesConfig) {
    if limits.memory > 0 && limits.memory_swap == 0 {
        limits.memory_swap = limits.memory.saturating_mul(2);
    }
    if limits.cpu_shares > 0 {
        limits.cpu_shares = limits.cpu_shares.clamp(*SHARES.start(), *SHARES.end());
    }
}

/// Drops what this kernel has no limit for, and tells of it in Docker's words.
pub(in crate::containers) fn adapt(limits: &mut ResourcesConfig, has: &dyn Fn(Limit) -> bool) -> Vec<String> {
    let mut warnings = Vec::new();
    adapt_memory(limits, has, &mut warnings);
    adapt_cpu(limits, has, &mut warnings);
    adapt_block_io(limits, has, &mut warnings);
    warnings
}

fn adapt_memory(limits: &mut ResourcesConfig, has: &dyn Fn(Limit) -> bool, warnings: &mut Vec<String>) {
    let mut warn = |text: &str| warnings.push(text.to_owned());
    if limits.memory > 0 && !has(Limit::Memory) {
        warn(&no_support("memory limit capabilities", "Limitation discarded."));
        (limits.memory, limits.memory_swap) = (0, -1);
    }
    if limits.memory > 0 && limits.memory_swap != -1 && !has(Limit::Swap) {
        warn(&no_support("swap limit capabilities", "Memory limited without swap."));
        limits.memory_swap = -1;
    }
    // -1 is how Docker's clients say "not set".
    limits.memory_swappiness = limits.memory_swappiness.filter(|value| *value != -1);
    if limits.memory_swappiness.is_some() && !has(Limit::Swappiness) {
        warn(&no_support("memory swappiness capabilities", "Memory swappiness discarded."));
        limits.memory_swappiness = None;
    }
    if limits.memory_reservation > 0 && !has(Limit::MemoryReservation) {
        warn(&no_support("memory soft limit capabilities", "Limitation discarded."));
        limits.memory_reservation = 0;
    }
    if limits.oom_kill_disable.is_some() && !has(Limit::OomKillDisable) {
        if limits.oom_kill_disable == Some(true) {
            warn("Your kernel does not support OomKillDisable. OomKillDisable discarded.");
        }
        limits.oom_kill_disable = None;
    }
    if limits.oom_kill_disable == Some(true) && limits.memory == 0 {
        warn(
            "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of \
             resources.",
        );
    }
    if limits.pids_limit.is_some() && !has(Limit::Pids) {
        if limits.pids_limit > Some(0) {
            warn(&no_support("PIDs limit capabilities", "PIDs limit discarded."));
        }
        limits.pids_limit = None;
    }
}

fn adapt_cpu(limits: &mut ResourcesConfig, has: &dyn Fn(Limit) -> bool, warnings: &mut Vec<String>) {
    if limits.cpu_shares > 0 && !has(Limit::CpuShares) {
        warnings.push(no_support("CPU shares", "Shares discarded."));
        limits.cpu_shares = 0;
    }
    if (limits.cpu_period != 0 || limits.cpu_quota != 0) && !has(Limit::CpuQuota) {
        let text = "Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.";
        warnings.push(text.to_owned());
        (limits.cpu_period, limits.cpu_quota) = (0, 0);
    }
    let has_set = !limits.cpuset_cpus.is_empty() || !limits.cpuset_mems.is_empty();
    if has_set && !has(Limit::CpuSet) {
        warnings.push(no_support("cpuset", "Cpuset discarded."));
        limits.cpuset_cpus.clear();
        limits.cpuset_mems.clear();
    }
}

fn adapt_block_io(limits: &mut ResourcesConfig, has: &dyn Fn(Limit) -> bool, warnings: &mut Vec<String>) {
    let block_io = &mut limits.block_io;
    if block_io.weight > 0 && !has(Limit::BlockIoWeight) {
        warnings.push(no_support("Block I/O weight", "Weight discarded."));
        block_io.weight = 0;
    }
    let lists = [
        (
            Limit::BlockIoWeightDevice,
            &mut block_io.weight_device,
            "Block I/O weight_device",
            "Weight-device discarded.",
        ),
        (
            Limit::BlockIoReadBytes,
            &mut block_io.read_bps,
            "BPS Block I/O read limit",
            "Block I/O BPS read limit discarded.",
        ),
        (
            Limit::BlockIoWriteBytes,
            &mut block_io.write_bps,
            "BPS Block I/O write limit",
            "Block I/O BPS write limit discarded.",
        ),
        (
            Limit::BlockIoReads,
            &mut block_io.read_iops,
            "IOPS Block read limit",
            "Block I/O IOPS read limit discarded.",
        ),
        (
            Limit::BlockIoWrites,
            &mut block_io.write_iops,
            "IOPS Block write limit",
            "Block I/O IOPS write limit discarded.",
        ),
    ];
    for (limit, list, what, consequence) in lists {
        if !list.is_empty() && !has(limit) {
            warnings.push(no_support(what, consequence));
            list.clear();
        }
    }
}

fn no_support(what: &str, consequence: &str) -> String {
    format!("Your kernel does not support {what} or the cgroup is not mounted. {consequence}")
}

#[cfg(test)]
mod tests {
    use corten_cgroups::Limit;

    use super::{adapt, fill_in};
    use crate::containers::config::{BlockDeviceConfig, BlockIoConfig, ResourcesConfig};

    #[test]
    fn a_memory_limit_alone_allows_as_much_again_in_swap() {
        let mut limits = ResourcesConfig { memory: 64 << 20, cpu_shares: 1, ..ResourcesConfig::default() };
        fill_in(&mut limits);
        assert_eq!((limits.memory_swap, limits.cpu_shares), (128 << 20, 2));
    }

    #[test]
    fn what_a_kernel_does_not_have_is_dropped_and_told() {
        let device = BlockDeviceConfig { path: "/dev/sda".to_owned(), value: 1 };
        let mut limits = ResourcesConfig {
            memory: 64 << 20,
            memory_swap: 128 << 20,
            memory_swappiness: Some(3),
            block_io: BlockIoConfig { read_iops: vec![device], ..BlockIoConfig::default() },
            ..ResourcesConfig::default()
        };
        let absent = [Limit::Swap, Limit::Swappiness, Limit::BlockIoReads];
        let warnings = adapt(&mut limits, &|limit| !absent.contains(&limit));
        assert_eq!(
            warnings,
            [
                "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
                "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.",
                "Your kernel does not support IOPS Block read limit or the cgroup is not mounted. Block I/O IOPS read limit discarded.",
            ]
        );
        let left = ResourcesConfig { memory: 64 << 20, memory_swap: -1, ..ResourcesConfig::default() };
        assert_eq!(limits, left);
    }

    #[test]
    fn asking_for_what_is_anyway_is_no_reason_to_warn() {
        let mut limits = ResourcesConfig {
            memory_swappiness: Some(-1),
            oom_kill_disable: Some(false),
            pids_limit: Some(0),
            ..ResourcesConfig::default()
        };
        assert_eq!(adapt(&mut limits, &|_| false), Vec::<String>::new());
        assert_eq!(limits, ResourcesConfig::default());
    }
}
