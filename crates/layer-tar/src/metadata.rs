//! Puts owner, mode, attributes and time on objects, with as few system calls as the object needs.
//!
//! It does not create or open anything, and it reads only what a lower layer has.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::fs::{self, AtFlags, Gid, Mode, Stat, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::{Errno, Result};

use crate::{Metadata, Moment};

/// Attributes in which overlay file systems keep their own books. Those of the machine that packed the layer mean
/// nothing here, and those of a hostile layer could redirect one path to another.
const OVERLAY: [&[u8]; 2] = [b"trusted.overlay.", b"user.overlay."];

/// What the kernel gives to new objects, so that only differences cost a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defaults {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Permission bits that survive the process's file mode creation mask; `None` when objects were not created with
    /// the bits of their mode.
    pub(crate) permitted: Option<u32>,
}

impl Defaults {
    fn has_mode(self, metadata: &Metadata) -> bool {
        self.permitted.is_some_and(|permitted| metadata.mode & permitted == metadata.mode)
    }

    fn owned(self, metadata: &Metadata) -> bool {
        (self.uid, self.gid) == (metadata.uid, metadata.gid)
    }

    /// Completes an object that was created with the permission bits of its mode. Attributes that this file system
    /// or user cannot have are counted, except capabilities: without one a program does not work.
    ///
    /// The order matters: a new owner clears setuid bits and capabilities, and everything changes the time.
    pub(crate) fn complete_file(self, file: BorrowedFd<'_>, metadata: &Metadata) -> Result<u64> {
        if !self.owned(metadata) {
            fs::fchown(file, Some(Uid::from_raw(metadata.uid)), Some(Gid::from_raw(metadata.gid)))?;
        }
        if !self.has_mode(metadata) {
            fs::fchmod(file, Mode::from_raw_mode(metadata.mode))?;
        }
        let skipped =
            set_xattrs(metadata, |name, value| fs::fsetxattr(file, name, value, XattrFlags::empty()))?;
        fs::futimens(file, &times(metadata.modified))?;
        Ok(skipped)
    }

    /// As [`Self::complete_file`] for what cannot be opened without an effect: links, devices, pipes.
    pub(crate) fn complete_at(
        self,
        parent: BorrowedFd<'_>,
        name: &[u8],
        metadata: &Metadata,
        link: bool,
    ) -> Result<u64> {
        if !self.owned(metadata) {
            let (uid, gid) = (Uid::from_raw(metadata.uid), Gid::from_raw(metadata.gid));
            fs::chownat(parent, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        // Links have no mode; of anything else this is a name that was created just now and is no link.
        if !link && !self.has_mode(metadata) {
            fs::chmodat(parent, name, Mode::from_raw_mode(metadata.mode), AtFlags::empty())?;
        }
        let path = [format!("/proc/self/fd/{}/", parent.as_raw_fd()).as_bytes(), name].concat();
        let set = |name: &[u8], value: &[u8]| fs::lsetxattr(&path[..], name, value, XattrFlags::empty());
        let skipped = set_xattrs(metadata, set)?;
        fs::utimensat(parent, name, &times(metadata.modified), AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(skipped)
    }

    /// As [`Self::complete_file`] for anything that is open with `O_PATH`: whoever exchanges its name meanwhile changes nothing.
    pub(crate) fn complete_object(
        self,
        object: BorrowedFd<'_>,
        metadata: &Metadata,
        link: bool,
    ) -> Result<u64> {
        let path = itself(object);
        if !self.owned(metadata) {
            let (uid, gid) = (Uid::from_raw(metadata.uid), Gid::from_raw(metadata.gid));
            fs::chownat(object, c"", Some(uid), Some(gid), AtFlags::EMPTY_PATH)?;
        }
        if !link && !self.has_mode(metadata) {
            fs::chmod(&path, Mode::from_raw_mode(metadata.mode))?;
        }
        let skipped =
            set_xattrs(metadata, |name, value| fs::setxattr(&path, name, value, XattrFlags::empty()))?;
        fs::utimensat(fs::CWD, &path, &times(metadata.modified), AtFlags::empty())?;
        Ok(skipped)
    }
}

fn set_xattrs(metadata: &Metadata, set: impl Fn(&[u8], &[u8]) -> Result<()>) -> Result<u64> {
    let mut skipped = 0;
    for (name, value) in &metadata.xattrs {
        if OVERLAY.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        match set(name, value) {
            Ok(()) => {}
            Err(Errno::NOTSUP | Errno::PERM) if name != b"security.capability" => skipped += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(skipped)
}

pub(crate) fn times(modified: Moment) -> Timestamps {
    let time = Timespec { tv_sec: modified.seconds, tv_nsec: modified.nanoseconds.into() };
    Timestamps { last_access: time, last_modification: time }
}

/// Reads the metadata of an object of a lower layer, opened with `O_PATH`.
pub(crate) fn read(object: BorrowedFd<'_>, stat: &Stat) -> Result<Metadata> {
    Ok(Metadata {
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        modified: Moment {
            seconds: stat.st_mtime,
            nanoseconds: u32::try_from(stat.st_mtime_nsec).unwrap_or_default(),
        },
        xattrs: read_xattrs(object)?,
    })
}

/// Reads one attribute of an object opened with `O_PATH`; `None` where it has no such attribute.
pub(crate) fn read_xattr(object: BorrowedFd<'_>, name: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut value = vec![MaybeUninit::uninit(); 65_536];
    match fs::getxattr(itself(object), name, &mut value[..]) {
        Ok((value, _)) => Ok(Some(value.to_vec())),
        Err(Errno::NODATA | Errno::NOTSUP) => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_xattrs(object: BorrowedFd<'_>) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut names = vec![MaybeUninit::uninit(); 65_536];
    let names = match fs::listxattr(itself(object), &mut names[..]) {
        Ok((names, _)) => names.to_vec(),
        Err(Errno::NOTSUP) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut xattrs = Vec::new();
    for name in names.split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
        if let Some(value) = read_xattr(object, name)? {
            xattrs.push((name.to_vec(), value));
        }
    }
    Ok(xattrs)
}

/// Attributes cannot be read through an `O_PATH` descriptor, but through its link they can, even those of a symlink.
fn itself(object: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", object.as_raw_fd())
}
