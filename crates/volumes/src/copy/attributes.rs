//! What there is to a file beside its content.

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd as _, BorrowedFd};

use rustix::fs::{self, AtFlags, Gid, Mode, Stat, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::{Errno, Result};

use crate::VolumesError;

/// The kernel's bound on all names of one file (xattr(7)), and on one value.
const LARGEST: usize = 64 * 1024;

/// Gives one directory what the other has beside its content.
pub(crate) fn copy_attributes(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
) -> std::result::Result<(), VolumesError> {
    let copied = fs::fstat(from).and_then(|stat| copy_to_open(&stat, from, to));
    copied.map_err(|source| VolumesError::Copy { verb: "copy the attributes of", path: ".".into(), source })
}

/// To an open file or directory. The owner first: that takes set-user-ID bits and capabilities away (chown(2)). The times last.
pub(super) fn copy_to_open(stat: &Stat, from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Result<()> {
    let (uid, gid) = owner(stat);
    fs::fchown(to, Some(uid), Some(gid))?;
    fs::fchmod(to, Mode::from_raw_mode(stat.st_mode & 0o7777))?;
    copy_xattrs(&itself(from), |name, value| fs::fsetxattr(to, name, value, XattrFlags::empty()))?;
    fs::futimens(to, &times(stat))
}

/// To something that cannot be opened: a link, a device, a pipe, a socket.
pub(super) fn copy_to_name(
    stat: &Stat,
    from: BorrowedFd<'_>,
    directory: BorrowedFd<'_>,
    name: &CStr,
) -> Result<()> {
    let (uid, gid) = owner(stat);
    fs::chownat(directory, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
    let is_link = fs::FileType::from_raw_mode(stat.st_mode) == fs::FileType::Symlink;
    if !is_link {
        fs::chmodat(directory, name, Mode::from_raw_mode(stat.st_mode & 0o7777), AtFlags::empty())?;
    }
    let mut path = itself(directory).into_bytes();
    path.push(b'/');
    path.extend_from_slice(name.to_bytes());
    let path = CString::new(path).map_err(|_| Errno::INVAL)?;
    copy_xattrs(&itself(from), |name, value| fs::lsetxattr(&path, name, value, XattrFlags::empty()))?;
    fs::utimensat(directory, name, &times(stat), AtFlags::SYMLINK_NOFOLLOW)
}

fn owner(stat: &Stat) -> (Uid, Gid) {
    (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid))
}

fn times(stat: &Stat) -> Timestamps {
    let moment = |seconds, nanos: u64| Timespec { tv_sec: seconds, tv_nsec: nanos as _ };
    Timestamps {
        last_access: moment(stat.st_atime as _, stat.st_atime_nsec as _),
        last_modification: moment(stat.st_mtime as _, stat.st_mtime_nsec as _),
    }
}

/// A name for what a descriptor is open on, even where it is good for nothing else (`O_PATH`).
fn itself(file: BorrowedFd<'_>) -> CString {
    CString::new(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap_or_default()
}

fn copy_xattrs(from: &CStr, set: impl Fn(&CStr, &[u8]) -> Result<()>) -> Result<()> {
    let mut names = vec![0; LARGEST];
    let length = match fs::listxattr(from, &mut names[..]) {
        // The file system has none.
        Err(Errno::OPNOTSUPP) => return Ok(()),
        length => length?,
    };
    names.truncate(length);
    let mut value = Vec::new();
    for name in names.split_inclusive(|byte| *byte == 0) {
        let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
        value.resize(LARGEST, 0);
        let length = match fs::getxattr(from, name, &mut value[..]) {
            // Shown by a security module, and gone, or nobody's to read.
            Err(Errno::NODATA | Errno::OPNOTSUPP) => continue,
            length => length?,
        };
        match set(name, &value[..length]) {
            // This file system does not have that sort.
            Ok(()) | Err(Errno::OPNOTSUPP) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
