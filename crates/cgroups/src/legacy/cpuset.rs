//! CPU sets of v1, which are born empty: no process can join one before it has CPUs and memory nodes.

use std::path::Path;

use crate::error::Error;
use crate::file;

const FILES: [&str; 2] = ["cpuset.cpus", "cpuset.mems"];

/// Gives a cgroup without CPUs and memory nodes those of its parent, and the parent first those of its own.
///
/// What lies above a container is told to hand its CPUs down by itself from then on: the next container finds its set filled
/// and costs one read.
pub(crate) fn inherit(directory: &Path, mount: &Path) -> Result<(), Error> {
    if directory == mount || is_filled(directory)? {
        return Ok(());
    }
    let Some(parent) = directory.parent() else { return Ok(()) };
    if parent != mount {
        inherit(parent, mount)?;
        file::write(&parent.join("cgroup.clone_children"), "1")?;
    }
    for name in FILES {
        let value = file::read(&parent.join(name))?.unwrap_or_default();
        if file::read(&directory.join(name))?.is_none_or(|present| present.is_empty()) {
            file::write(&directory.join(name), &value)?;
        }
    }
    Ok(())
}

fn is_filled(directory: &Path) -> Result<bool, Error> {
    for name in FILES {
        if file::read(&directory.join(name))?.is_none_or(|present| present.is_empty()) {
            return Ok(false);
        }
    }
    Ok(true)
}
