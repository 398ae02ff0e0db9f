//! Project quotas: which project a file or directory belongs to, and how much the files of a project may take of their file system
//! (`FS_IOC_FSSETXATTR`; quotactl_fd(2), Linux 5.14).
//!
//! The commands are those with `X` in their names, in which the kernel speaks of every file system that has project quotas: XFS, ext4,
//! f2fs. Whether an id is free to be used is not decided here.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use crate::call::checked;

/// What new files and directories in a directory inherit its project by, and what makes statfs(2) in it speak of the project
/// (`FS_XFLAG_PROJINHERIT`, linux/fs.h).
const INHERIT: u32 = 0x200;

/// `_IOR('X', 31, struct fsxattr)` and `_IOW('X', 32, struct fsxattr)` (linux/fs.h).
const FS_IOC_FSGETXATTR: libc::Ioctl = 0x801c_581f_u32 as libc::Ioctl;
const FS_IOC_FSSETXATTR: libc::Ioctl = 0x401c_5820_u32 as libc::Ioctl;

/// Commands of quotactl(2) (linux/dqblk_xfs.h).
const Q_XGETQUOTA: u32 = 0x5803;
const Q_XSETQLIM: u32 = 0x5804;
const Q_XGETQSTATV: u32 = 0x5808;
const Q_XGETNEXTQUOTA: u32 = 0x5809;

/// The type of quota that they are about (`PRJQUOTA`, linux/quota.h).
const PROJECT: u32 = 2;

/// That project quotas are counted, and that they are enforced (`FS_QUOTA_PDQ_ACCT`, `FS_QUOTA_PDQ_ENFD`).
const ENFORCED: u16 = 1 << 4 | 1 << 5;

/// Blocks, soft and hard, are what changes (`FS_DQ_BSOFT | FS_DQ_BHARD`).
const BLOCK_LIMITS: u16 = 1 << 2 | 1 << 3;

/// What the kernel counts in (`BBSIZE`).
const BLOCK: u64 = 512;

/// `struct fsxattr` (linux/fs.h).
#[repr(C)]
#[derive(Default)]
struct FileAttributes {
    flags: u32,
    extent_size: u32,
    extents: u32,
    project: u32,
    copy_on_write_extent_size: u32,
    padding: [u8; 8],
}

/// `struct fs_disk_quota` (linux/dqblk_xfs.h).
#[repr(C)]
#[derive(Default)]
struct DiskQuota {
    version: i8,
    flags: i8,
    fields: u16,
    id: u32,
    blocks_hard: u64,
    blocks_soft: u64,
    inodes_hard: u64,
    inodes_soft: u64,
    blocks: u64,
    inodes: u64,
    timers: [u32; 4],
    realtime: [u64; 3],
    realtime_timer: [u32; 2],
    padding: u64,
}

/// `struct fs_quota_statv` (linux/dqblk_xfs.h).
#[repr(C)]
#[derive(Default)]
struct QuotaState {
    version: i8,
    padding: u8,
    flags: u16,
    in_core: u32,
    files: [u64; 9],
    rest: [u64; 10],
}

// What the kernel reads and writes of them.
const _: () = assert!(size_of::<FileAttributes>() == 28);
const _: () = assert!(size_of::<DiskQuota>() == 112);
const _: () = assert!(size_of::<QuotaState>() == 160);

/// What the files of a project take and may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes that they may take; 0 = as many as there are.
    pub limit: u64,
    /// Bytes that they take.
    pub bytes: u64,
    /// Files and directories.
    pub inodes: u64,
    /// Whether somebody has limited the project in another way: softly, or the number of its files.
    pub is_limited_otherwise: bool,
}

/// The project whose quota what is made in a directory counts against; 0 = none of its own.
///
/// # Errors
/// `ENOTTY`, `EOPNOTSUPP` where the file system has no projects.
pub fn project(directory: impl AsFd) -> io::Result<u32> {
    let attributes = attributes(directory)?;
    Ok(if attributes.flags & INHERIT == 0 { 0 } else { attributes.project })
}

/// Gives a directory, and what will be made in it, to a project; 0 takes it out of all. What is in it already stays where it is.
///
/// # Errors
/// `EOPNOTSUPP`, `ENOTTY` where the file system has no projects; `EDQUOT` where the directory does not fit into the project's limit.
pub fn set_project(directory: impl AsFd, project: u32) -> io::Result<()> {
    let directory = directory.as_fd();
    let mut attributes = attributes(directory)?;
    attributes.project = project;
    attributes.flags = if project == 0 { attributes.flags & !INHERIT } else { attributes.flags | INHERIT };
    // SAFETY: this command reads a `struct fsxattr`, of which `attributes` has the layout and the size (asserted above), and keeps no
    // pointer to it; the descriptor is borrowed and so open.
    let returned =
        unsafe { libc::ioctl(directory.as_raw_fd(), FS_IOC_FSSETXATTR, std::ptr::from_ref(&attributes)) };
    checked(returned.into()).map(drop)
}

/// Whether the file system that a descriptor is open on counts what projects take, and refuses what is beyond their limits.
///
/// # Errors
/// `ENOSYS` where neither the file system nor, before Linux 5.14, the kernel has anything of the kind.
pub fn is_enforced(on: impl AsFd) -> io::Result<bool> {
    // FS_QSTATV_VERSION1: which form of the answer is meant.
    let mut state = QuotaState { version: 1, ..QuotaState::default() };
    // SAFETY: this command reads and writes a `struct fs_quota_statv`, of which `state` has the layout and the size.
    unsafe { quotactl(on, Q_XGETQSTATV, 0, &raw mut state) }?;
    Ok(state.flags & ENFORCED == ENFORCED)
}

/// What the files of a project take, and may take, of the file system that a descriptor is open on.
///
/// # Errors
/// What quotactl(2) says. That nobody has ever used the project is none: then it takes nothing.
pub fn usage(on: impl AsFd, project: u32) -> io::Result<Usage> {
    Ok(get(on, Q_XGETQUOTA, project)?.map_or_else(Usage::default, |quota| quota.usage()))
}

/// The first project from `project` on of which the file system knows something, and what its files take.
///
/// # Errors
/// What quotactl(2) says.
pub fn next(on: impl AsFd, project: u32) -> io::Result<Option<(u32, Usage)>> {
    Ok(get(on, Q_XGETNEXTQUOTA, project)?.map(|quota| (quota.id, quota.usage())))
}

fn get(on: impl AsFd, command: u32, project: u32) -> io::Result<Option<DiskQuota>> {
    let mut quota = DiskQuota::default();
    // SAFETY: both commands write a `struct fs_disk_quota`, of which `quota` has the layout and the size.
    match unsafe { quotactl(on, command, project, &raw mut quota) } {
        Ok(()) => Ok(Some(quota)),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

impl DiskQuota {
    fn usage(&self) -> Usage {
        Usage {
            limit: self.blocks_hard.saturating_mul(BLOCK),
            bytes: self.blocks.saturating_mul(BLOCK),
            inodes: self.inodes,
            is_limited_otherwise: self.inodes_hard | self.inodes_soft != 0
                || self.blocks_soft != self.blocks_hard,
        }
    }
}

/// Limits what the files of a project may take, to whole blocks of 512 bytes; 0 lifts the limit, and lets the file system forget the
/// project when its last file is gone.
///
/// # Errors
/// What quotactl(2) says.
pub fn set_limit(on: impl AsFd, project: u32, bytes: u64) -> io::Result<()> {
    let mut quota = DiskQuota {
        version: 1,
        flags: PROJECT as i8,
        fields: BLOCK_LIMITS,
        id: project,
        blocks_hard: bytes / BLOCK,
        blocks_soft: bytes / BLOCK,
        ..DiskQuota::default()
    };
    // SAFETY: this command reads a `struct fs_disk_quota`, of which `quota` has the layout and the size.
    unsafe { quotactl(on, Q_XSETQLIM, project, &raw mut quota) }
}

fn attributes(directory: impl AsFd) -> io::Result<FileAttributes> {
    let mut attributes = FileAttributes::default();
    // SAFETY: this command writes a `struct fsxattr`, of which `attributes` has the layout and the size (asserted above), and keeps no
    // pointer to it; the descriptor is borrowed for the call and so open.
    let returned = unsafe {
        libc::ioctl(directory.as_fd().as_raw_fd(), FS_IOC_FSGETXATTR, std::ptr::from_mut(&mut attributes))
    };
    checked(returned.into())?;
    Ok(attributes)
}

/// Asks for something of the project quotas of the file system that a descriptor is open on.
///
/// # Safety
/// `argument` points to what `command` reads and writes.
unsafe fn quotactl<T>(on: impl AsFd, command: u32, project: u32, argument: *mut T) -> io::Result<()> {
    let command = command << 8 | PROJECT;
    // SAFETY: the descriptor is borrowed and so open; that the argument fits the command is the caller's to ensure, who lends it for
    // the call, and the kernel keeps no pointer to it.
    let returned =
        unsafe { libc::syscall(libc::SYS_quotactl_fd, on.as_fd().as_raw_fd(), command, project, argument) };
    checked(returned).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_in_memory_has_no_project_quotas() {
        let directory = std::fs::File::open("/dev/shm").unwrap();
        assert!(!is_enforced(&directory).unwrap_or(false));
        assert!(usage(&directory, 1 << 31).is_err());
        assert!(set_limit(&directory, 1 << 31, 1 << 20).is_err());
        assert_ne!(project(&directory).unwrap_or(0), 1 << 31);
    }
}
