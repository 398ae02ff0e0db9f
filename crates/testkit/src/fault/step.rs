//! Which system calls change a file system, and what they change.
//!
//! Writes count where they go to a file of the engine's: a pipe or a socket is no disk. Calls that name a path count wherever it leads.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use corten_sys::trace::Call;

/// A call that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    name: &'static str,
    subject: Subject,
    /// Whether a full disk can make it fail.
    pub(super) needs_room: bool,
}

/// Where a call's arguments tell what it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// A descriptor.
    File(usize),
    /// A path.
    Path(usize),
    /// A path, where the flags in another argument ask for a new file.
    Creation(usize, usize),
    /// The same, where the flags stand at the beginning of what the argument points to.
    HowToOpen(usize, usize),
}

use Subject::{Creation, File as Open, HowToOpen, Path as Named};

type Row = (i64, &'static str, Subject, bool);

const CALLS: &[Row] = &[
    (libc::SYS_write, "write", Open(0), true),
    (libc::SYS_pwrite64, "pwrite64", Open(0), true),
    (libc::SYS_writev, "writev", Open(0), true),
    (libc::SYS_pwritev, "pwritev", Open(0), true),
    (libc::SYS_sendfile, "sendfile", Open(0), true),
    (libc::SYS_copy_file_range, "copy_file_range", Open(2), true),
    (libc::SYS_ftruncate, "ftruncate", Open(0), true),
    (libc::SYS_fallocate, "fallocate", Open(0), true),
    (libc::SYS_fsync, "fsync", Open(0), true),
    (libc::SYS_fdatasync, "fdatasync", Open(0), true),
    (libc::SYS_syncfs, "syncfs", Open(0), true),
    (libc::SYS_fsetxattr, "fsetxattr", Open(0), true),
    (libc::SYS_fchmod, "fchmod", Open(0), false),
    (libc::SYS_fchown, "fchown", Open(0), false),
    (libc::SYS_fchownat, "fchownat", Named(1), false),
    (libc::SYS_fchmodat, "fchmodat", Named(1), false),
    (libc::SYS_utimensat, "utimensat", Open(0), false),
    (libc::SYS_openat, "openat", Creation(1, 2), true),
    (libc::SYS_openat2, "openat2", HowToOpen(1, 2), true),
    (libc::SYS_mkdirat, "mkdirat", Named(1), true),
    (libc::SYS_mknodat, "mknodat", Named(1), true),
    (libc::SYS_symlinkat, "symlinkat", Named(2), true),
    (libc::SYS_linkat, "linkat", Named(3), true),
    (libc::SYS_renameat2, "renameat2", Named(3), true),
    (libc::SYS_renameat, "renameat", Named(3), true),
    (libc::SYS_unlinkat, "unlinkat", Named(1), false),
    (libc::SYS_setxattr, "setxattr", Named(0), true),
    (libc::SYS_lsetxattr, "lsetxattr", Named(0), true),
];

/// Older calls that newer architectures do without.
#[cfg(target_arch = "x86_64")]
const OLDER_CALLS: &[Row] = &[
    (libc::SYS_open, "open", Creation(0, 1), true),
    (libc::SYS_mkdir, "mkdir", Named(0), true),
    (libc::SYS_mknod, "mknod", Named(0), true),
    (libc::SYS_symlink, "symlink", Named(1), true),
    (libc::SYS_link, "link", Named(1), true),
    (libc::SYS_rename, "rename", Named(1), true),
    (libc::SYS_unlink, "unlink", Named(0), false),
    (libc::SYS_rmdir, "rmdir", Named(0), false),
    (libc::SYS_chmod, "chmod", Named(0), false),
    (libc::SYS_chown, "chown", Named(0), false),
    (libc::SYS_lchown, "lchown", Named(0), false),
];

#[cfg(not(target_arch = "x86_64"))]
const OLDER_CALLS: &[Row] = &[];

/// `O_CREAT`, and the bit of `O_TMPFILE` that is its own.
const CREATES: u64 = (libc::O_CREAT | (libc::O_TMPFILE & !libc::O_DIRECTORY)) as u64;

/// As much of a path as is told.
const SHOWN: usize = 256;

impl Step {
    /// What the call changes, if it changes anything that counts.
    pub(super) fn of(call: &Call, below: &Path) -> Option<Step> {
        let rows = CALLS.iter().chain(OLDER_CALLS);
        let &(_, name, subject, needs_room) = rows.into_iter().find(|row| row.0 == call.number)?;
        let counts = match subject {
            Open(at) => open_file(call, at).is_some_and(|path| path.starts_with(below)),
            Named(_) => true,
            Creation(_, flags) => call.arguments[flags] & CREATES != 0,
            HowToOpen(_, how) => memory::<8>(call, how).is_some_and(|flags| flags_of(flags) & CREATES != 0),
        };
        counts.then_some(Step { name, subject, needs_room })
    }

    /// Whether it waits for the disk to have a file.
    pub(super) fn is_sync(&self) -> bool {
        matches!(self.name, "fsync" | "fdatasync" | "syncfs")
    }

    /// The call and what it is about, for a person.
    pub(super) fn describe(&self, call: &Call) -> String {
        let path = match self.subject {
            Open(at) => open_file(call, at).map(|path| path.display().to_string()),
            Named(at) | Creation(at, _) | HowToOpen(at, _) => text(call, at),
        };
        format!("{} `{}`", self.name, path.unwrap_or_default())
    }
}

fn flags_of(bytes: [u8; 8]) -> u64 {
    u64::from_ne_bytes(bytes)
}

fn open_file(call: &Call, at: usize) -> Option<PathBuf> {
    // The kernel takes the lower half: `AT_FDCWD` is no file.
    let descriptor = call.arguments[at] as u32 as i32;
    fs::read_link(format!("/proc/{}/fd/{descriptor}", call.thread)).ok()
}

/// What an argument points to.
fn memory<const LENGTH: usize>(call: &Call, at: usize) -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    let memory = File::open(format!("/proc/{}/mem", call.thread)).ok()?;
    memory.read_exact_at(&mut bytes, call.arguments[at]).ok()?;
    Some(bytes)
}

fn text(call: &Call, at: usize) -> Option<String> {
    let memory = File::open(format!("/proc/{}/mem", call.thread)).ok()?;
    let mut bytes = [0; SHOWN];
    // It may lie at the very end of what can be read.
    let length = memory.read_at(&mut bytes, call.arguments[at]).ok()?;
    let end = bytes[..length].iter().position(|&byte| byte == 0).unwrap_or(length);
    Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
}
