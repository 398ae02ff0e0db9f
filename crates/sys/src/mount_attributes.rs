//! Attributes of mounts that exist (mount_setattr(2), Linux 5.12).
//!
//! It makes and moves no mounts: rustix has those calls.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::mount::MountAttrFlags;

use crate::call::checked;

/// How mount events travel between this mount and its peers (mount_namespaces(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// Neither way.
    Private,
    /// Both ways.
    Shared,
    /// Only hither.
    Slave,
    /// Neither way, and it cannot be bind-mounted.
    Unbindable,
}

/// What is changed of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Attributes that are set.
    pub set: MountAttrFlags,
    /// Attributes that are cleared.
    pub clear: MountAttrFlags,
    /// The new propagation, if it changes.
    pub propagation: Option<Propagation>,
    /// Whether every mount below changes too.
    pub recursive: bool,
}

impl Change {
    /// Nothing, of one mount.
    pub const NONE: Self = Self {
        set: MountAttrFlags::empty(),
        clear: MountAttrFlags::empty(),
        propagation: None,
        recursive: false,
    };

    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.set.is_empty() && self.clear.is_empty() && self.propagation.is_none()
    }
}

/// Changes the mount whose root this descriptor is open on (`O_PATH` is enough), attached or not.
///
/// # Errors
/// What mount_setattr(2) says; a recursive change happens everywhere or nowhere.
pub fn apply(mount: impl AsFd, change: &Change) -> io::Result<()> {
    let propagation = match change.propagation {
        None => 0,
        Some(Propagation::Private) => libc::MS_PRIVATE,
        Some(Propagation::Shared) => libc::MS_SHARED,
        Some(Propagation::Slave) => libc::MS_SLAVE,
        Some(Propagation::Unbindable) => libc::MS_UNBINDABLE,
    };
    let attributes = libc::mount_attr {
        attr_set: change.set.bits().into(),
        attr_clr: change.clear.bits().into(),
        propagation,
        userns_fd: 0,
    };
    set(mount.as_fd(), &attributes, change.recursive)
}

/// Shows the files of a detached mount with the owners that `user_namespace` maps theirs to (`MOUNT_ATTR_IDMAP`): what belongs to id 0
/// on disk belongs to the root of that namespace.
///
/// # Errors
/// `EINVAL` where the file system cannot do it, where the mount has an id map already, or where it is attached.
pub fn map_ids(mount: impl AsFd, user_namespace: BorrowedFd<'_>, recursive: bool) -> io::Result<()> {
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_IDMAP,
        attr_clr: 0,
        propagation: 0,
        userns_fd: user_namespace.as_raw_fd() as u64,
    };
    set(mount.as_fd(), &attributes, recursive)
}

fn set(mount: BorrowedFd<'_>, attributes: &libc::mount_attr, recursive: bool) -> io::Result<()> {
    let recursive = if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is a NUL-terminated empty string, as AT_EMPTY_PATH asks; `attributes` is a `mount_attr` of the size
    // given and lives across the call; the descriptor is borrowed and so open.
    let returned = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | recursive,
            std::ptr::from_ref(attributes),
            size_of::<libc::mount_attr>(),
        )
    };
    checked(returned).map(drop)
}
