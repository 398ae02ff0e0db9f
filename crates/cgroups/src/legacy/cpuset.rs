//! CPU sets of v1, which are born empty: no process can join one before it has CPUs and memory nodes.

use std::path::Path;

use crate::error::CgroupsError;
use crate::file;

const FILES: [&str; 2] = ["cpuset.cpus", "cpuset.mems"];

/// Gives a cgroup without CPUs and memory nodes those of its parent, and the parent first those of its own.
///
/// What lies above a container is told to hand its CPUs down by itself from then on: the next container finds its set filled
/// and costs one read.
pub(crate) fn inherit(directory: &Path, mount: &Path) -> Result<(), CgroupsError> {
    if directory == mount {
        return Ok(());
    }
    let mut empty = Vec::new();
    for name in FILES {
        if file::read(&directory.join(name))?.is_none_or(|present| present.is_empty()) {
            empty.push(name);
        }
    }
    let Some(parent) = directory.parent().filter(|_| !empty.is_empty()) else { return Ok(()) };
    if parent != mount {
        inherit(parent, mount)?;
        file::write(&parent.join("cgroup.clone_children"), "1")?;
    }
    for name in empty {
        let value = file::read(&parent.join(name))?.unwrap_or_default();
        file::write(&directory.join(name), &value)?;
    }
    Ok(())
}
