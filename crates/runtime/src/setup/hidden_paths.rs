//! Paths that the container must not see into, or not write to.
//!
//! A path that the kernel does not have needs no hiding.

use std::os::fd::OwnedFd;

use corten_sys::mount_attributes::Change;
use rustix::fs::{FileType, OFlags, fstat, makedev};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;

use super::file_system::{self, Context};
use super::{Init, beneath, root_of};
use crate::failure::{Doing, Failure};

pub(super) fn apply(init: &mut Init<'_>) -> Result<(), Failure> {
    let root = root_of(&init.root)?;
    for path in &init.plan.linux.readonly_paths {
        make_read_only(root, path)?;
    }
    Hiding { root, null: None, empty: None }.hide_all(&init.plan.linux.masked_paths)
}

fn make_read_only(root: &OwnedFd, path: &str) -> Result<(), Failure> {
    let Some(target) = existing(root, path)? else { return Ok(()) };
    let copy = file_system::copy(&target, "", true).doing(|| format!("copy the mount of `{path}`"))?;
    let read_only = Change { set: MountAttrFlags::MOUNT_ATTR_RDONLY, recursive: true, ..Change::NONE };
    file_system::change(&copy, &read_only)
        .and_then(|()| file_system::attach(&copy, target))
        .doing(|| format!("make `{path}` read-only"))
}

/// What is mounted over hidden paths. One empty file system serves all directories, and the container's own `/dev/null` all files:
/// copies of a mount are much cheaper than mounts.
struct Hiding<'a> {
    root: &'a OwnedFd,
    null: Option<OwnedFd>,
    empty: Option<OwnedFd>,
}

impl Hiding<'_> {
    fn hide_all(mut self, paths: &[String]) -> Result<(), Failure> {
        for path in paths {
            if let Some(target) = existing(self.root, path)? {
                self.hide(path, &target)?;
            }
        }
        Ok(())
    }

    fn hide(&mut self, path: &str, target: &OwnedFd) -> Result<(), Failure> {
        let is_directory = beneath::file_type(target).is_ok_and(|kind| kind == FileType::Directory);
        let cover = if is_directory { self.empty()? } else { self.null()? };
        file_system::attach(cover, target).doing(|| format!("hide `{path}`"))
    }

    /// The first is kept, attached, as what the next ones are copied from.
    fn empty(&mut self) -> Result<OwnedFd, Failure> {
        if let Some(first) = &self.empty {
            return file_system::copy(first, "", false).doing(|| "copy the empty file system".into());
        }
        let context = Context::open("tmpfs")?;
        for (key, value) in [("source", "tmpfs"), ("size", "0"), ("nr_inodes", "1"), ("mode", "755")] {
            context.set(key, Some(value))?;
        }
        let made = context.mount(MountAttrFlags::MOUNT_ATTR_RDONLY)?;
        let kept = made.try_clone().doing(|| "keep the empty file system".into())?;
        self.empty = Some(kept);
        Ok(made)
    }

    fn null(&mut self) -> Result<OwnedFd, Failure> {
        if self.null.is_none() {
            self.null = Some(self.open_null()?);
        }
        let null = self.null.as_ref().ok_or_else(|| Failure::refused("`/dev/null` is not open"))?;
        file_system::copy(null, "", false).doing(|| "copy `/dev/null`".into())
    }

    /// Checked to be it: whatever lies there instead would be shown in place of what is hidden (CVE-2025-31133).
    fn open_null(&self) -> Result<OwnedFd, Failure> {
        let opened = beneath::open_without_links(self.root, "/dev/null", OFlags::PATH | OFlags::NOFOLLOW);
        let null = opened.doing(|| "open `/dev/null`".into())?;
        let status = fstat(&null).doing(|| "look at `/dev/null`".into())?;
        let is_device = FileType::from_raw_mode(status.st_mode) == FileType::CharacterDevice;
        if is_device && status.st_rdev == makedev(1, 3) {
            return Ok(null);
        }
        Err(Failure::refused("`/dev/null` of the container is not the null device"))
    }
}

fn existing(root: &OwnedFd, path: &str) -> Result<Option<OwnedFd>, Failure> {
    match beneath::open(root, path, OFlags::PATH) {
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        opened => opened.map(Some).doing(|| format!("open `{path}`")),
    }
}
