//! A cgroup in every hierarchy of this machine, joined without the wait of `cgroup.procs`.
//!
//! Controllers are not switched on for the children of v2's root: on a v2 machine that has been done at boot.

use std::fs::{self, File, OpenOptions};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::error::{Doing, Error, Result};

/// The directories.
pub(crate) struct Cgroup {
    unified: Option<PathBuf>,
    legacy: Vec<PathBuf>,
}

/// What a child joins by.
pub(crate) struct Handles {
    unified: Option<OwnedFd>,
    tasks: Vec<File>,
}

impl Cgroup {
    /// Named for this process, so unique among those that run now.
    pub(crate) fn make() -> Result<Cgroup> {
        let name = format!("corten-floor-{}", std::process::id());
        let table = fs::read_to_string("/proc/self/mountinfo").doing("read the mount table")?;
        let (unified, legacy) = hierarchies(&table);
        if unified.is_none() && legacy.is_empty() {
            return Err(Error::NoCgroups);
        }
        let below = |mount: &PathBuf| mount.join(&name);
        let cgroup =
            Cgroup { unified: unified.as_ref().map(below), legacy: legacy.iter().map(below).collect() };
        for directory in cgroup.directories() {
            fs::create_dir(directory).doing("make a cgroup")?;
        }
        cgroup.legacy.iter().try_for_each(|directory| fill_cpuset(directory))?;
        Ok(cgroup)
    }

    pub(crate) fn open(&self) -> Result<Handles> {
        let directory = |path: &PathBuf| {
            rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
                .doing("open a cgroup")
        };
        let tasks =
            |path: &PathBuf| OpenOptions::new().write(true).open(path.join("tasks")).doing("open a cgroup");
        Ok(Handles {
            unified: self.unified.as_ref().map(directory).transpose()?,
            tasks: self.legacy.iter().map(tasks).collect::<Result<_>>()?,
        })
    }

    pub(crate) fn remove(&self) -> Result<()> {
        self.directories().try_for_each(|directory| fs::remove_dir(directory).doing("remove a cgroup"))
    }

    fn directories(&self) -> impl Iterator<Item = &PathBuf> {
        self.unified.iter().chain(&self.legacy)
    }
}

impl Handles {
    /// The v2 directory, for the child to be born in; once.
    pub(crate) fn take_unified(&mut self) -> Option<OwnedFd> {
        self.unified.take()
    }

    /// By the child, which has one thread: `0` is "this thread", and moving a thread takes no lock of the whole machine.
    pub(crate) fn join(&self) -> Result<()> {
        self.tasks
            .iter()
            .try_for_each(|tasks| rustix::io::write(tasks, b"0").map(drop).doing("join the cgroup"))
    }
}

/// A v1 cpuset cannot be joined before it has processors and memory (cpuset(7)).
fn fill_cpuset(directory: &Path) -> Result<()> {
    for name in ["cpuset.cpus", "cpuset.mems"] {
        let Some(parent) = directory.parent() else { continue };
        match fs::read(parent.join(name)) {
            Ok(value) => fs::write(directory.join(name), value).doing("fill the cpuset")?,
            // Not the hierarchy with this controller.
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// Mount points of v2 and of v1, those without a controller left out: runtimes join the latter only beside systemd.
fn hierarchies(table: &str) -> (Option<PathBuf>, Vec<PathBuf>) {
    let mut unified = None;
    let mut legacy = Vec::new();
    for line in table.lines() {
        let Some((place, kind)) = line.split_once(" - ") else { continue };
        let Some(point) = place.split(' ').nth(4).map(PathBuf::from) else { continue };
        match kind.split(' ').next() {
            Some("cgroup2") => unified = Some(point),
            Some("cgroup") if !kind.contains("name=") => legacy.push(point),
            _ => {}
        }
    }
    (unified, legacy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_are_told_by_their_file_system_type() {
        let table = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
                     32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                     40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n\
                     41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let (unified, legacy) = hierarchies(table);
        assert_eq!(unified, Some("/sys/fs/cgroup/unified".into()));
        assert_eq!(legacy, [PathBuf::from("/sys/fs/cgroup/cpu")]);
    }
}
