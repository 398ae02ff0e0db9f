//! This program's own file, kept out of a container's reach (CVE-2019-5736).
//!
//! A container can make a process of ours execute `/proc/self/exe`, keep that open, and write to it later. So what clones
//! containers is executed from a detached read-only bind mount: every link back to it leads through that mount, which no process
//! can remount. That costs three calls on an execve(2) that happens anyway, and no copy of the file, whose pages all
//! monitors share.

use std::ffi::{CString, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use corten_sys::exec;
use corten_sys::mount_attributes::{self, Change};
use rustix::fs::{CWD, StatVfsMountFlags, statvfs};
use rustix::mount::{MountAttrFlags, OpenTreeFlags, open_tree};

const OWN: &str = "/proc/self/exe";

/// A program, open for [`exec::execute_descriptor`] through a read-only mount of its own.
///
/// # Errors
/// What open_tree(2) and mount_setattr(2) say; both need `CAP_SYS_ADMIN`.
pub fn open_protected(path: &Path) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let copy = open_tree(CWD, path, flags)?;
    mount_attributes::apply(&copy, &Change { set: MountAttrFlags::MOUNT_ATTR_RDONLY, ..Change::NONE })?;
    Ok(copy)
}

/// Executes this very program again with the same words if it can be written to through its own link; else returns at once.
///
/// # Errors
/// What kept it from being protected.
pub fn protect(arguments: &[OsString]) -> io::Result<()> {
    if statvfs(OWN)?.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Ok(());
    }
    let copy = open_protected(Path::new(OWN))?;
    let words = |word: OsString| CString::new(word.into_vec()).map_err(io::Error::from);
    let arguments: Vec<_> = arguments.iter().cloned().map(words).collect::<Result<_, _>>()?;
    let environment = std::env::vars_os().map(|(key, value)| {
        CString::new([key.as_bytes(), b"=", value.as_bytes()].concat()).map_err(io::Error::from)
    });
    let environment: Vec<_> = environment.collect::<Result<_, _>>()?;
    Err(exec::execute_descriptor(copy.as_fd(), &arguments, &environment))
}
