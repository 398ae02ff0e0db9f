//! The processes of a cgroup.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::layout::Hierarchies;
use crate::path::CgroupPath;
use crate::tree;

/// The directory whose processes are those of the cgroup: v2's, else the freezer's, else any; nothing if none exists.
pub(crate) fn directory(hierarchies: &Hierarchies, path: &CgroupPath) -> Option<PathBuf> {
    let unified = hierarchies.unified.iter().map(|one| one.mount.as_path());
    let freezer = hierarchies.legacy(Controller::Freezer).into_iter();
    let others = hierarchies.legacy.iter().map(|one| one.mount.as_path());
    unified.chain(freezer).chain(others).map(|mount| path.below(mount)).find(|directory| directory.exists())
}

/// The processes in a directory and below it, by their numbers in the pid namespace of the caller.
pub(crate) fn list(directory: &Path) -> Result<Vec<u32>, CgroupsError> {
    let mut text = String::new();
    tree::walk(directory, |at| append(at, &mut text), |_, _| Ok(()))
        .map_err(CgroupsError::file("list", directory))?;
    let mut pids = Vec::new();
    for line in text.lines() {
        let parsed = line.parse();
        let pid = parsed.map_err(|_| CgroupsError::Content {
            path: directory.join(PROCESSES),
            content: line.to_owned(),
        })?;
        // 0 stands for a process of another pid namespace.
        if pid != 0 {
            pids.push(pid);
        }
    }
    pids.sort_unstable();
    pids.dedup();
    Ok(pids)
}

const PROCESSES: &str = "cgroup.procs";

fn append(directory: &OwnedFd, text: &mut String) -> io::Result<()> {
    let opened = rustix::fs::openat(directory, PROCESSES, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let read = opened.map_err(io::Error::from).and_then(|file| File::from(file).read_to_string(text));
    match read.map_err(|error| (Errno::from_io_error(&error), error)) {
        Ok(_) => Ok(()),
        // Removed meanwhile; or threaded, and its processes are listed above it.
        Err((Some(Errno::NOENT | Errno::NODEV | Errno::OPNOTSUPP), _)) => Ok(()),
        Err((_, error)) => Err(error),
    }
}
