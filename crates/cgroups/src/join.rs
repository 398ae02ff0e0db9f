//! How a process gets into a cgroup without the wait that `cgroup.procs` costs.
//!
//! Moving a process by its number waits for a grace period of all CPUs, milliseconds on a quiet machine. A process born into a
//! v2 cgroup (`CLONE_INTO_CGROUP`) does not wait, nor does a single thread that writes `0` to a v1 `tasks` file.

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use crate::error::CgroupsError;
use crate::file;
use crate::layout::Hierarchies;
use crate::path::CgroupPath;

/// What a new process needs to be in a cgroup from its first instruction. All descriptors are close-on-exec.
#[derive(Debug)]
pub struct JoinHandles {
    /// The v2 directory, for `CLONE_INTO_CGROUP`.
    pub unified: Option<OwnedFd>,
    /// v1 `tasks` files: the child, which has one thread, writes `0` to each before anything else.
    pub tasks: Vec<OwnedFd>,
}

pub(crate) fn handles(hierarchies: &Hierarchies, path: &CgroupPath) -> Result<JoinHandles, CgroupsError> {
    Ok(JoinHandles { unified: unified(hierarchies, path)?, tasks: tasks(hierarchies, path)? })
}

pub(crate) fn unified(hierarchies: &Hierarchies, path: &CgroupPath) -> Result<Option<OwnedFd>, CgroupsError> {
    hierarchies.unified.as_ref().map(|one| directory(&path.below(&one.mount))).transpose()
}

pub(crate) fn tasks(hierarchies: &Hierarchies, path: &CgroupPath) -> Result<Vec<OwnedFd>, CgroupsError> {
    let files = hierarchies.legacy.iter().map(|one| path.below(&one.mount).join("tasks"));
    files
        .map(|file| {
            let opened: Result<File, _> = OpenOptions::new().write(true).open(&file);
            opened.map(OwnedFd::from).map_err(CgroupsError::file("open", file))
        })
        .collect()
}

fn directory(path: &Path) -> Result<OwnedFd, CgroupsError> {
    rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|errno| CgroupsError::file("open", path)(errno.into()))
}

pub(crate) fn join_self(hierarchies: &Hierarchies, path: &CgroupPath) -> Result<(), CgroupsError> {
    for one in &hierarchies.legacy {
        file::write(&path.below(&one.mount).join("tasks"), "0")?;
    }
    // Beside v1 the v2 tree only matters to systemd, and this write is the one that waits.
    match &hierarchies.unified {
        Some(one) if one.alone || hierarchies.systemd => {
            file::write(&path.below(&one.mount).join("cgroup.procs"), "0")
        }
        _ => Ok(()),
    }
}
