//! Which system calls change a file system or the machine, or take what can run out, and what they are about.
//!
//! Writes count where they go to a file of the engine's or to a control group's: a pipe or a socket is no disk. Calls that name a path count
//! wherever it leads.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use corten_sys::trace::Call;

/// A call that a fault can befall.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    name: &'static str,
    subject: Subject,
    /// Whether something is different afterwards.
    pub(super) changes: bool,
    /// Whether a full disk can make it fail.
    pub(super) needs_room: bool,
    /// Whether it can be one descriptor too many.
    pub(super) makes_descriptor: bool,
    /// Whether the kernel may have no memory for it.
    pub(super) needs_memory: bool,
}

/// Where a call's arguments tell what it is about.
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
    /// A new process, unless these flags ask for a thread.
    Process(usize),
    /// The same, with the flags where the argument points to.
    HowToClone(usize),
    /// Sockets, namespaces, mounts, processes.
    Machine,
}

use Subject::{Creation, File as Open, HowToClone, HowToOpen, Machine, Path as Named, Process};

/// What a call does and needs.
#[derive(Debug, Clone, Copy)]
struct Traits {
    changes: bool,
    room: bool,
    descriptor: bool,
    memory: bool,
}

const NOTHING: Traits = Traits { changes: false, room: false, descriptor: false, memory: false };
/// Something is different, and may need room on the disk.
const CHANGE: Traits = Traits { changes: true, ..NOTHING };
const GROWTH: Traits = Traits { room: true, ..CHANGE };
const ENTRY: Traits = Traits { memory: true, ..GROWTH };
/// An open file, if not a new one.
const OPENING: Traits = Traits { descriptor: true, ..ENTRY };
/// A descriptor of something without a name.
const DESCRIPTOR: Traits = Traits { descriptor: true, memory: true, ..NOTHING };
const MACHINE: Traits = Traits { memory: true, ..CHANGE };

type Row = (i64, &'static str, Subject, Traits);

const CALLS: &[Row] = &[
    (libc::SYS_write, "write", Open(0), GROWTH),
    (libc::SYS_pwrite64, "pwrite64", Open(0), GROWTH),
    (libc::SYS_writev, "writev", Open(0), GROWTH),
    (libc::SYS_pwritev, "pwritev", Open(0), GROWTH),
    (libc::SYS_sendfile, "sendfile", Open(0), GROWTH),
    (libc::SYS_copy_file_range, "copy_file_range", Open(2), GROWTH),
    (libc::SYS_ftruncate, "ftruncate", Open(0), GROWTH),
    (libc::SYS_fallocate, "fallocate", Open(0), GROWTH),
    (libc::SYS_fsync, "fsync", Open(0), GROWTH),
    (libc::SYS_fdatasync, "fdatasync", Open(0), GROWTH),
    (libc::SYS_syncfs, "syncfs", Open(0), GROWTH),
    (libc::SYS_fsetxattr, "fsetxattr", Open(0), GROWTH),
    (libc::SYS_fchmod, "fchmod", Open(0), CHANGE),
    (libc::SYS_fchown, "fchown", Open(0), CHANGE),
    (libc::SYS_fchownat, "fchownat", Named(1), CHANGE),
    (libc::SYS_fchmodat, "fchmodat", Named(1), CHANGE),
    (libc::SYS_utimensat, "utimensat", Open(0), CHANGE),
    (libc::SYS_openat, "openat", Creation(1, 2), OPENING),
    (libc::SYS_openat2, "openat2", HowToOpen(1, 2), OPENING),
    (libc::SYS_mkdirat, "mkdirat", Named(1), ENTRY),
    (libc::SYS_mknodat, "mknodat", Named(1), ENTRY),
    (libc::SYS_symlinkat, "symlinkat", Named(2), ENTRY),
    (libc::SYS_linkat, "linkat", Named(3), ENTRY),
    (libc::SYS_renameat2, "renameat2", Named(3), ENTRY),
    (libc::SYS_renameat, "renameat", Named(3), ENTRY),
    (libc::SYS_unlinkat, "unlinkat", Named(1), CHANGE),
    (libc::SYS_setxattr, "setxattr", Named(0), ENTRY),
    (libc::SYS_lsetxattr, "lsetxattr", Named(0), ENTRY),
    (libc::SYS_socket, "socket", Machine, DESCRIPTOR),
    (libc::SYS_socketpair, "socketpair", Machine, DESCRIPTOR),
    (libc::SYS_accept4, "accept4", Machine, DESCRIPTOR),
    (libc::SYS_pipe2, "pipe2", Machine, DESCRIPTOR),
    (libc::SYS_memfd_create, "memfd_create", Machine, DESCRIPTOR),
    (libc::SYS_epoll_create1, "epoll_create1", Machine, DESCRIPTOR),
    (libc::SYS_eventfd2, "eventfd2", Machine, DESCRIPTOR),
    (libc::SYS_inotify_init1, "inotify_init1", Machine, DESCRIPTOR),
    (libc::SYS_pidfd_open, "pidfd_open", Machine, DESCRIPTOR),
    (libc::SYS_fsopen, "fsopen", Machine, DESCRIPTOR),
    (libc::SYS_fsmount, "fsmount", Machine, DESCRIPTOR),
    (libc::SYS_open_tree, "open_tree", Machine, DESCRIPTOR),
    (libc::SYS_move_mount, "move_mount", Machine, MACHINE),
    (libc::SYS_mount, "mount", Machine, MACHINE),
    (libc::SYS_mount_setattr, "mount_setattr", Machine, MACHINE),
    (libc::SYS_umount2, "umount2", Machine, CHANGE),
    (libc::SYS_pivot_root, "pivot_root", Machine, CHANGE),
    (libc::SYS_unshare, "unshare", Machine, MACHINE),
    (libc::SYS_setns, "setns", Machine, CHANGE),
    (libc::SYS_bind, "bind", Machine, CHANGE),
    (libc::SYS_sendto, "sendto", Machine, MACHINE),
    (libc::SYS_sendmsg, "sendmsg", Machine, MACHINE),
    (libc::SYS_kill, "kill", Machine, CHANGE),
    (libc::SYS_pidfd_send_signal, "pidfd_send_signal", Machine, CHANGE),
    (libc::SYS_clone, "clone", Process(0), MACHINE),
    (libc::SYS_clone3, "clone3", HowToClone(0), MACHINE),
];

/// Older calls that newer architectures do without.
#[cfg(target_arch = "x86_64")]
const OLDER_CALLS: &[Row] = &[
    (libc::SYS_open, "open", Creation(0, 1), OPENING),
    (libc::SYS_mkdir, "mkdir", Named(0), ENTRY),
    (libc::SYS_mknod, "mknod", Named(0), ENTRY),
    (libc::SYS_symlink, "symlink", Named(1), ENTRY),
    (libc::SYS_link, "link", Named(1), ENTRY),
    (libc::SYS_rename, "rename", Named(1), ENTRY),
    (libc::SYS_unlink, "unlink", Named(0), CHANGE),
    (libc::SYS_rmdir, "rmdir", Named(0), CHANGE),
    (libc::SYS_chmod, "chmod", Named(0), CHANGE),
    (libc::SYS_chown, "chown", Named(0), CHANGE),
    (libc::SYS_lchown, "lchown", Named(0), CHANGE),
    (libc::SYS_fork, "fork", Machine, MACHINE),
    (libc::SYS_vfork, "vfork", Machine, MACHINE),
];

#[cfg(not(target_arch = "x86_64"))]
const OLDER_CALLS: &[Row] = &[];

/// `O_CREAT`, and the bit of `O_TMPFILE` that is its own.
const CREATES: u64 = (libc::O_CREAT | (libc::O_TMPFILE & !libc::O_DIRECTORY)) as u64;

/// As much of a path as is told.
const SHOWN: usize = 256;

impl Step {
    /// What the call is, if it is one of the table's and of the engine's.
    pub(super) fn of(call: &Call, below: &Path) -> Option<Step> {
        let rows = CALLS.iter().chain(OLDER_CALLS);
        let &(_, name, subject, traits) = rows.into_iter().find(|row| row.0 == call.number)?;
        let creates = |flags: u64| flags & CREATES != 0;
        let is_thread = |flags: u64| flags & libc::CLONE_THREAD as u64 != 0;
        let (counts, changes) = match subject {
            Open(at) => (open_file(call, at).is_some_and(|path| is_engines(&path, below)), true),
            Named(_) | Machine => (true, true),
            Creation(_, flags) => (true, creates(call.arguments[flags])),
            HowToOpen(_, how) => (true, memory::<8>(call, how).is_some_and(|flags| creates(flags_of(flags)))),
            Process(flags) => (!is_thread(call.arguments[flags]), true),
            HowToClone(how) => {
                (!memory::<8>(call, how).is_some_and(|flags| is_thread(flags_of(flags))), true)
            }
        };
        counts.then_some(Step {
            name,
            subject,
            changes: traits.changes && changes,
            needs_room: traits.room,
            makes_descriptor: traits.descriptor,
            needs_memory: traits.memory,
        })
    }

    /// Whether a disk is asked for it.
    pub(super) fn is_of_files(self) -> bool {
        !matches!(self.subject, Process(_) | HowToClone(_) | Machine)
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
            Process(_) | HowToClone(_) | Machine => None,
        };
        format!("{} `{}`", self.name, path.unwrap_or_default())
    }
}

fn is_engines(path: &Path, below: &Path) -> bool {
    path.starts_with(below) || path.starts_with("/sys/fs/cgroup")
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

/// What a thread runs.
pub(super) fn program_of(thread: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{thread}/exe")).ok()
}

/// The program that its process was begun with, as that was called: what is run from a mount of its own has no other path.
pub(super) fn called(thread: u32) -> Option<PathBuf> {
    let words = fs::read(format!("/proc/{thread}/cmdline")).ok()?;
    let first = words.split(|&byte| byte == 0).next()?;
    Some(PathBuf::from(OsStr::from_bytes(first)))
}

fn text(call: &Call, at: usize) -> Option<String> {
    let memory = File::open(format!("/proc/{}/mem", call.thread)).ok()?;
    let mut bytes = [0; SHOWN];
    // It may lie at the very end of what can be read.
    let length = memory.read_at(&mut bytes, call.arguments[at]).ok()?;
    let end = bytes[..length].iter().position(|&byte| byte == 0).unwrap_or(length);
    Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
}
