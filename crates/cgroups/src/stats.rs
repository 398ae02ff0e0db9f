//! What a cgroup uses.

use std::path::{Path, PathBuf};

use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::file;
use crate::layout::Hierarchies;
use crate::path::CgroupPath;

/// Use and limits. A part is absent where its controller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Memory.
    pub memory: Option<MemoryStats>,
    /// CPU time.
    pub cpu: Option<CpuStats>,
    /// Tasks.
    pub pids: Option<PidsStats>,
}

/// Memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryStats {
    /// In use, page cache included.
    pub current: u64,
    /// The part of it that is page cache nobody has touched for long: `stats` does not count it.
    pub inactive_file: u64,
    /// The hard limit, if there is one.
    pub limit: Option<u64>,
}

/// CPU time in nanoseconds since the cgroup was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CpuStats {
    /// All of it.
    pub total: u64,
    /// In programs.
    pub user: u64,
    /// In the kernel.
    pub system: u64,
}

/// Processes and threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PidsStats {
    /// How many there are.
    pub current: u64,
    /// The limit, if there is one.
    pub limit: Option<u64>,
}

/// Where one controller's files are.
enum Home {
    Unified(PathBuf),
    Legacy(PathBuf),
}

/// v1 writes "no limit" as the greatest number of whole pages.
const UNLIMITED: u64 = (i64::MAX as u64) & !0xffff;

pub(crate) fn read(hierarchies: &Hierarchies, path: &CgroupPath) -> Result<Stats, CgroupsError> {
    let home = |controller| {
        let legacy = hierarchies.legacy(controller).map(|mount| Home::Legacy(path.below(mount)));
        legacy.or_else(|| hierarchies.unified.as_ref().map(|one| Home::Unified(path.below(&one.mount))))
    };
    Ok(Stats {
        memory: home(Controller::Memory).map_or(Ok(None), |home| memory(&home))?,
        cpu: home(Controller::CpuAccounting).map_or(Ok(None), |home| cpu(&home))?,
        pids: home(Controller::Pids).map_or(Ok(None), |home| pids(&home))?,
    })
}

fn memory(home: &Home) -> Result<Option<MemoryStats>, CgroupsError> {
    let (directory, current, limit, inactive) = match home {
        Home::Unified(directory) => (directory, "memory.current", "memory.max", "inactive_file"),
        Home::Legacy(directory) => {
            (directory, "memory.usage_in_bytes", "memory.limit_in_bytes", "total_inactive_file")
        }
    };
    let Some(current) = file::number(&directory.join(current))? else { return Ok(None) };
    let limit = file::number(&directory.join(limit))?.filter(|bytes| *bytes < UNLIMITED);
    let inactive_file = file::keyed(&directory.join("memory.stat"), inactive)?.unwrap_or(0);
    Ok(Some(MemoryStats { current, inactive_file, limit }))
}

fn cpu(home: &Home) -> Result<Option<CpuStats>, CgroupsError> {
    match home {
        Home::Unified(directory) => {
            let microseconds = |key| file::keyed(&directory.join("cpu.stat"), key);
            let Some(total) = microseconds("usage_usec")? else { return Ok(None) };
            let part = |key| Ok::<u64, CgroupsError>(microseconds(key)?.unwrap_or(0) * 1000);
            Ok(Some(CpuStats { total: total * 1000, user: part("user_usec")?, system: part("system_usec")? }))
        }
        Home::Legacy(directory) => {
            let Some(total) = file::number(&directory.join("cpuacct.usage"))? else { return Ok(None) };
            let part =
                |name: &str| Ok::<u64, CgroupsError>(file::number(&directory.join(name))?.unwrap_or(0));
            Ok(Some(CpuStats {
                total,
                user: part("cpuacct.usage_user")?,
                system: part("cpuacct.usage_sys")?,
            }))
        }
    }
}

fn pids(home: &Home) -> Result<Option<PidsStats>, CgroupsError> {
    let (Home::Unified(directory) | Home::Legacy(directory)) = home;
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
