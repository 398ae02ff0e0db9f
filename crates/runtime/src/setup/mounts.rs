//! The mounts of the configuration, in its order, each on a target that was opened beneath the root.
//!
//! The root itself, devices and hidden paths have files of their own.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use corten_sys::mount_attributes::Change;
use rustix::fs::{OFlags, fstatfs};
use rustix::io::Errno;

use super::beneath::{self, Missing};
use super::detached::{Detached, make_file_system};
use super::{Init, cgroup_mounts, file_system, root_of};
use crate::failure::{Doing, Failure, NOT_FOUND};
use crate::plan::{MountKind, MountPlan};

/// `PROC_SUPER_MAGIC` of linux/magic.h.
const PROC_SUPER_MAGIC: u32 = 0x9fa0;

/// What may be bind-mounted on something inside `/proc` (lxcfs and the like). Everything else there could stand in for a file that a
/// security decision is written to or read from (CVE-2019-16884).
const OVERLAID_IN_PROC: [&str; 10] = [
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/swaps",
    "/proc/uptime",
    "/proc/loadavg",
    "/proc/slabinfo",
    "/proc/net/dev",
    "/proc/sys/kernel/ns_last_pid",
];

pub(super) fn mount_all(init: &mut Init<'_>) -> Result<(), Failure> {
    let made = std::mem::take(&mut init.mounts);
    for (mount, made) in init.plan.mounts.iter().zip(made) {
        let root = root_of(&init.root)?;
        let made = match made {
            Some(made) => made,
            None => Detached { mount: make_file_system(mount, Some(root))?, target: Missing::Directory },
        };
        match &mount.kind {
            MountKind::FileSystem { .. } => new_file_system(root, mount, &made.mount)?,
            MountKind::Cgroup => cgroup_mounts::mount(init, root, mount, &made.mount)?,
            MountKind::Bind { source, .. } => bind(root, mount, source, &made)?,
        }
    }
    Ok(())
}

fn new_file_system(root: &OwnedFd, mount: &MountPlan, made: &OwnedFd) -> Result<(), Failure> {
    let destination = &mount.destination;
    attach_at(root, mount, made)?;
    let propagation = Change { propagation: mount.propagation(), ..Change::NONE };
    file_system::change(made, &propagation).doing(|| format!("set the propagation of `{destination}`"))
}

/// Attaches a new mount at the destination of the plan. `proc` and `sysfs` decide what later steps are told about this very process,
/// so nothing may lead them elsewhere (CVE-2019-19921).
pub(super) fn attach_at(root: &OwnedFd, mount: &MountPlan, made: impl AsFd) -> Result<(), Failure> {
    let destination = &mount.destination;
    let target = beneath::open_or_create(root, destination.as_ref(), Missing::Directory)
        .doing(|| format!("open mount target `{destination}`"))?;
    let is = |wanted: &str| matches!(&mount.kind, MountKind::FileSystem { name, .. } if name == wanted);
    if !is("proc") {
        check_outside_proc(destination, &target)?;
    }
    let target = if is("proc") || is("sysfs") {
        beneath::open_without_links(root, destination, OFlags::PATH | OFlags::DIRECTORY)
            .doing(|| format!("open mount target `{destination}` without following links"))?
    } else {
        target
    };
    file_system::attach(made, target).doing(|| format!("mount at `{destination}`"))
}

fn bind(root: &OwnedFd, mount: &MountPlan, path: &str, source: &Detached) -> Result<(), Failure> {
    let destination = &mount.destination;
    let target = beneath::open_or_create(root, destination.as_ref(), source.target)
        .doing(|| format!("open mount target `{destination}`"))?;
    if destination != "/proc" || !is_of_proc(&source.mount) {
        check_outside_proc(destination, &target)?;
    }
    file_system::attach(&source.mount, target).map_err(|errno| mount_failure(path, destination, errno))
}

/// The words and the exit code are Docker's.
fn mount_failure(source: &str, destination: &str, errno: Errno) -> Failure {
    let failure = Failure::system(format!("mount `{source}` at `{destination}`"), &errno.into());
    if errno != Errno::NOTDIR {
        return failure;
    }
    let hint = "Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type";
    Failure::refused(format!("{failure}: {hint}")).with_exit_code(NOT_FOUND)
}

/// By name, and by what the name led to: an image can have a link there (CVE-2019-16884).
fn check_outside_proc(destination: &str, target: &OwnedFd) -> Result<(), Failure> {
    let is_inside = is_in_proc(destination) || is_of_proc(target);
    if !is_inside || OVERLAID_IN_PROC.contains(&destination) {
        return Ok(());
    }
    Err(Failure::refused(format!("`{destination}` cannot be mounted because it is inside /proc")))
}

fn is_of_proc(place: &OwnedFd) -> bool {
    fstatfs(place).is_ok_and(|kind| kind.f_type as u32 == PROC_SUPER_MAGIC)
}

/// By the destination's components: `/proc/.././proc/x` too.
fn is_in_proc(destination: &str) -> bool {
    let mut clean = Vec::new();
    for component in Path::new(destination).components() {
        match component {
            std::path::Component::Normal(name) => clean.push(name),
            std::path::Component::ParentDir => drop(clean.pop()),
            _ => {}
        }
    }
    clean.first().is_some_and(|first| *first == "proc")
}

#[cfg(test)]
mod tests {
    use super::is_in_proc;

    #[test]
    fn a_destination_in_proc_is_seen_behind_dots() {
        assert!(is_in_proc("/proc/self/attr"));
        assert!(is_in_proc("/x/..//proc/./sys"));
        assert!(!is_in_proc("/procurement"));
        assert!(!is_in_proc("/proc/../etc"));
    }
}
