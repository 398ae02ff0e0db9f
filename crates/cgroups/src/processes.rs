//! The processes of a cgroup.

use std::path::{Path, PathBuf};

use crate::controller::Controller;
use crate::error::Error;
use crate::layout::Hierarchies;
use crate::path::CgroupPath;
use crate::{file, tree};

/// The directory whose processes are those of the cgroup: v2's, else the freezer's, else any; nothing if none exists.
pub(crate) fn directory(hierarchies: &Hierarchies, path: &CgroupPath) -> Option<PathBuf> {
    let unified = hierarchies.unified.iter().map(|one| one.mount.as_path());
    let freezer = hierarchies.legacy(Controller::Freezer).into_iter();
    let others = hierarchies.legacy.iter().map(|one| one.mount.as_path());
    unified.chain(freezer).chain(others).map(|mount| path.below(mount)).find(|directory| directory.exists())
}

/// The processes in a directory and below it, by their numbers in the pid namespace of the caller.
pub(crate) fn list(directory: &Path) -> Result<Vec<u32>, Error> {
    let mut pids = Vec::new();
    for directory in tree::walk(directory)? {
        let path = directory.join("cgroup.procs");
        for line in file::read(&path)?.unwrap_or_default().lines() {
            let pid =
                line.parse().map_err(|_| Error::Content { path: path.clone(), content: line.to_owned() })?;
            // 0 stands for a process of another pid namespace.
            if pid != 0 {
                pids.push(pid);
            }
        }
    }
    pids.sort_unstable();
    pids.dedup();
    Ok(pids)
}
