//! New mounts by the mount API of Linux 5.2: made detached, then attached to an open directory.
//!
//! It resolves no path inside the container.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use corten_sys::mount_attributes::{self, Change};
use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
    fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
};

use crate::failure::{Doing, Failure};

/// A file system that is being described to the kernel.
pub(super) struct Context {
    name: String,
    context: OwnedFd,
}

impl Context {
    pub(super) fn open(name: &str) -> Result<Self, Failure> {
        let context =
            fsopen(name, FsOpenFlags::FSOPEN_CLOEXEC).doing(|| format!("open file system `{name}`"))?;
        Ok(Self { name: name.to_owned(), context })
    }

    /// Sets one parameter: with a value, or as a flag.
    pub(super) fn set(&self, key: &str, value: Option<&str>) -> Result<(), Failure> {
        let set = match value {
            Some(value) => fsconfig_set_string(&self.context, key, value),
            None => fsconfig_set_flag(&self.context, key),
        };
        self.explained(set, || match value {
            Some(value) => format!("set `{key}` of {} to `{value}`", self.name),
            None => format!("set `{key}` of {}", self.name),
        })
    }

    /// As [`Context::set`], with the kernel's answer as it is: for a parameter that an older kernel may not know.
    pub(super) fn try_set(&self, key: &str, value: &Path) -> rustix::io::Result<()> {
        fsconfig_set_string(&self.context, key, value)
    }

    /// The detached mount.
    pub(super) fn mount(self, attributes: MountAttrFlags) -> Result<OwnedFd, Failure> {
        self.explained(fsconfig_create(&self.context), || format!("create file system `{}`", self.name))?;
        let mounted = fsmount(&self.context, FsMountFlags::FSMOUNT_CLOEXEC, attributes);
        self.explained(mounted, || format!("mount file system `{}`", self.name))
    }

    /// Adds what the kernel wrote into the context's log, which is far more telling than `EINVAL`.
    fn explained<T>(
        &self,
        done: rustix::io::Result<T>,
        operation: impl FnOnce() -> String,
    ) -> Result<T, Failure> {
        done.map_err(|errno| {
            let operation = match self.complaint() {
                Some(complaint) => format!("{} ({complaint})", operation()),
                None => operation(),
            };
            Failure::system(operation, &errno.into())
        })
    }

    /// The last error in the log: lines begin with `e `, `w ` or `i `, one read(2) each.
    fn complaint(&self) -> Option<String> {
        let mut last = None;
        let mut line = [0; 1024];
        while let Ok(length) = rustix::io::read(&self.context, &mut line) {
            if let Some(text) = line[..length].strip_prefix(b"e ") {
                last = Some(String::from_utf8_lossy(text).trim().to_owned());
            }
        }
        last
    }
}

/// A detached copy of what is at `path` on the host, or of what `at` is open on where `path` is empty.
pub(super) fn copy(at: impl AsFd, path: impl AsRef<Path>, recursive: bool) -> rustix::io::Result<OwnedFd> {
    let mut flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    flags.set(OpenTreeFlags::AT_RECURSIVE, recursive);
    open_tree(at, path.as_ref(), flags)
}

/// As [`copy`], of a path of the host.
pub(super) fn copy_of_host(path: impl AsRef<Path>, recursive: bool) -> rustix::io::Result<OwnedFd> {
    copy(CWD, path, recursive)
}

/// Attaches a detached mount on top of what `target` is open on.
pub(super) fn attach(mount: impl AsFd, target: impl AsFd) -> rustix::io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    move_mount(mount, c"", target, c"", flags)
}

/// Changes attributes; nothing to change costs nothing.
pub(super) fn change(mount: impl AsFd, change: &Change) -> Result<(), Errno> {
    if change.is_none() {
        return Ok(());
    }
    let done = mount_attributes::apply(mount, change);
    done.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::INVAL))
}
