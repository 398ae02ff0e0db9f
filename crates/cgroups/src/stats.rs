//! What a cgroup uses, in the same words for both versions.

use std::collections::BTreeMap;
use std::path::Path;

use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::layout::Hierarchies;
use crate::path::CgroupPath;
use crate::{file, legacy, unified};

/// Use and limits. A part is absent where its controller is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// Memory.
    pub memory: Option<MemoryStats>,
    /// CPU time.
    pub cpu: Option<CpuStats>,
    /// Tasks.
    pub pids: Option<PidsStats>,
    /// Block devices.
    pub block_io: Option<BlockIoStats>,
}

/// Memory in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemoryStats {
    /// In use, page cache included.
    pub current: u64,
    /// The most that was ever in use; only v1 tells.
    pub peak: Option<u64>,
    /// The hard limit, if there is one.
    pub limit: Option<u64>,
    /// How often the limit was run into.
    pub failures: u64,
    /// `memory.stat`, whose names differ between v1 and v2.
    pub details: BTreeMap<String, u64>,
}

/// CPU time in nanoseconds since the cgroup was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CpuStats {
    /// All of it.
    pub total: u64,
    /// In programs.
    pub user: u64,
    /// In the kernel.
    pub system: u64,
    /// By CPU; empty on v2, which does not tell.
    pub per_cpu: Vec<u64>,
    /// Periods of the quota in which a process ran.
    pub periods: u64,
    /// Those of them in which the quota was used up.
    pub throttled_periods: u64,
    /// How long processes have waited for the next period.
    pub throttled: u64,
}

/// Processes and threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PidsStats {
    /// How many there are.
    pub current: u64,
    /// The limit, if there is one.
    pub limit: Option<u64>,
}

/// What went to and from block devices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockIoStats {
    /// Bytes.
    pub bytes: Vec<BlockIoEntry>,
    /// Operations.
    pub operations: Vec<BlockIoEntry>,
}

/// One counter of one block device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockIoEntry {
    /// Major number.
    pub major: u64,
    /// Minor number.
    pub minor: u64,
    /// `Read`, `Write`, `Sync` and others on v1, `read` and `write` on v2.
    pub operation: String,
    /// How much.
    pub value: u64,
}

pub(crate) fn read(hierarchies: &Hierarchies, path: &CgroupPath) -> Result<Stats, CgroupsError> {
    let old = |controller| hierarchies.legacy(controller).map(|mount| path.below(mount));
    let new = hierarchies.unified.as_ref().map(|one| path.below(&one.mount));
    let new = new.as_deref();
    Ok(Stats {
        memory: match old(Controller::Memory) {
            Some(directory) => legacy::stats::memory(&directory)?,
            None => new.map_or(Ok(None), unified::stats::memory)?,
        },
        cpu: match old(Controller::CpuAccounting) {
            Some(directory) => {
                legacy::stats::cpu(&directory, old(Controller::Cpu).as_deref().unwrap_or(&directory))?
            }
            None => new.map_or(Ok(None), unified::stats::cpu)?,
        },
        pids: match (old(Controller::Pids), new) {
            (Some(directory), _) => pids(&directory)?,
            (None, new) => new.map_or(Ok(None), pids)?,
        },
        block_io: match old(Controller::BlockIo) {
            Some(directory) => legacy::stats::block_io(&directory)?,
            None => new.map_or(Ok(None), unified::stats::block_io)?,
        },
    })
}

fn pids(directory: &Path) -> Result<Option<PidsStats>, CgroupsError> {
    let Some(current) = file::number(&directory.join("pids.current"))? else { return Ok(None) };
    Ok(Some(PidsStats { current, limit: file::number(&directory.join("pids.max"))? }))
}

/// How many processes the kernel has ended because the cgroup was out of memory.
pub(crate) fn oom_kills(hierarchies: &Hierarchies, path: &CgroupPath) -> Result<u64, CgroupsError> {
    let read =
        |directory: &Path, name: &str| Ok(file::keyed(&directory.join(name), "oom_kill")?.unwrap_or(0));
    match (hierarchies.legacy(Controller::Memory), &hierarchies.unified) {
        (Some(mount), _) => read(&path.below(mount), "memory.oom_control"),
        (None, Some(unified)) => read(&path.below(&unified.mount), "memory.events"),
        (None, None) => Ok(0),
    }
}
