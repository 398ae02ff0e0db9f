//! Which limits the kernel has at all: what was compiled out, switched off or not mounted cannot be set.
//!
//! Says nothing about values, and nothing about what a single cgroup was given.

use std::fs;
use std::path::Path;

use crate::controller::Controller;
use crate::layout::Hierarchies;

/// A limit that a kernel may be without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Named for what they limit.
pub enum Limit {
    Memory,
    /// Memory and swap together, or swap alone.
    Swap,
    /// A soft limit of memory.
    MemoryReservation,
    /// Only v1 has it.
    Swappiness,
    /// Only v1 can do without the out-of-memory killer.
    OomKillDisable,
    Pids,
    CpuShares,
    CpuQuota,
    /// Real-time CPU time: only v1 has it.
    CpuRealtime,
    CpuSet,
    BlockIoWeight,
    BlockIoWeightDevice,
    BlockIoReadBytes,
    BlockIoWriteBytes,
    BlockIoReads,
    BlockIoWrites,
}

/// Where a limit is set: the controller, and the file by which v1's says that it has it (empty: always; a list: any of them).
fn facts(limit: Limit) -> (Controller, &'static [&'static str]) {
    use Controller::{BlockIo, Cpu, CpuSet, Memory, Pids};
    match limit {
        Limit::Memory => (Memory, &["memory.limit_in_bytes"]),
        Limit::Swap => (Memory, &["memory.memsw.limit_in_bytes"]),
        Limit::MemoryReservation => (Memory, &["memory.soft_limit_in_bytes"]),
        Limit::Swappiness => (Memory, &["memory.swappiness"]),
        Limit::OomKillDisable => (Memory, &["memory.oom_control"]),
        Limit::Pids => (Pids, &[]),
        Limit::CpuShares => (Cpu, &["cpu.shares"]),
        Limit::CpuQuota => (Cpu, &["cpu.cfs_quota_us"]),
        Limit::CpuRealtime => (Cpu, &["cpu.rt_runtime_us"]),
        Limit::CpuSet => (CpuSet, &[]),
        // The root has no weight of its own under BFQ, but what only BFQ counts.
        Limit::BlockIoWeight => (BlockIo, &["blkio.weight", "blkio.bfq.io_serviced"]),
        Limit::BlockIoWeightDevice => (BlockIo, &["blkio.weight_device", "blkio.bfq.io_serviced"]),
        Limit::BlockIoReadBytes => (BlockIo, &["blkio.throttle.read_bps_device"]),
        Limit::BlockIoWriteBytes => (BlockIo, &["blkio.throttle.write_bps_device"]),
        Limit::BlockIoReads => (BlockIo, &["blkio.throttle.read_iops_device"]),
        Limit::BlockIoWrites => (BlockIo, &["blkio.throttle.write_iops_device"]),
    }
}

pub(crate) fn has(hierarchies: &Hierarchies, limit: Limit) -> bool {
    let (controller, files) = facts(limit);
    if let Some(mount) = hierarchies.legacy(controller) {
        return files.is_empty() || files.iter().any(|name| mount.join(name).exists());
    }
    let Some(unified) = &hierarchies.unified else { return false };
    match limit {
        Limit::Swappiness | Limit::OomKillDisable | Limit::CpuRealtime => false,
        _ if !unified.controllers.contains(&controller) => false,
        Limit::Swap => own_directory_has(&unified.mount, "memory.swap.max"),
        _ => true,
    }
}

/// Whether the caller's own cgroup has a file, which the root has not (cgroups(7), `/proc/PID/cgroup`).
fn own_directory_has(mount: &Path, name: &str) -> bool {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = text.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    mount.join(own).join(name).exists()
}
