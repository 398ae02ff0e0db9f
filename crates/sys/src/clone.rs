//! A copy of a single-threaded process, born in its namespaces and its cgroup.
//!
//! It is fork(2) with what fork lacks. It does not execute a program and it does not share memory with the child.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustix::io::{read, retry_on_intr};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::stdio::dup2_stdin;
use rustix::thread::ThreadNameSpaceType;

use crate::call::{checked, owned};

/// How the copy differs from the caller.
#[derive(Debug)]
pub struct Clone3 {
    /// Namespaces that are created for it.
    pub namespaces: ThreadNameSpaceType,
    /// A directory of a cgroup v2 hierarchy that it is born in (`CLONE_INTO_CGROUP`). The copy does not have the descriptor.
    pub cgroup: Option<OwnedFd>,
}

/// A process that the caller has to wait for.
#[derive(Debug)]
pub struct Child {
    /// Its number in the caller's pid namespace.
    pub pid: u32,
    /// Its descriptor: readable once it has ended.
    pub pidfd: OwnedFd,
}

/// `struct clone_args` of linux/sched.h, as of its 88 bytes that know `CLONE_INTO_CGROUP`.
#[repr(C)]
#[derive(Default)]
struct CloneArguments {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

/// Of linux/sched.h; libc's constant is an `int`, which it does not fit.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// The exit status of a child whose closure panicked, as Rust's own processes have it.
const PANICKED: i32 = 101;

/// Runs `child` in a copy of this process and ends the copy with the status that it returns (clone3(2)).
///
/// # Errors
/// `EBUSY` when the caller has more than one thread: locks held by the others (the allocator's, say) would stay held in the
/// copy for ever. Else what clone3(2) says.
pub fn spawn(arguments: Clone3, child: impl FnOnce() -> i32) -> io::Result<Child> {
    spawn_without(arguments, (), child).map(|(child, ())| child)
}

/// The same, where the copy is to have none of `kept`: there it is dropped before anything else, here it is given back.
///
/// # Errors
/// As [`spawn`].
pub fn spawn_without<K>(arguments: Clone3, kept: K, child: impl FnOnce() -> i32) -> io::Result<(Child, K)> {
    if !is_single_threaded() {
        return Err(io::Error::from_raw_os_error(libc::EBUSY));
    }
    let mut pidfd: libc::c_int = -1;
    let mut raw = CloneArguments {
        flags: u64::from(arguments.namespaces.bits()) | libc::CLONE_PIDFD as u64,
        pidfd: (&raw mut pidfd) as u64,
        exit_signal: libc::SIGCHLD as u64,
        ..CloneArguments::default()
    };
    if let Some(cgroup) = &arguments.cgroup {
        raw.flags |= CLONE_INTO_CGROUP;
        raw.cgroup = cgroup.as_raw_fd() as u64;
    }
    // SAFETY: `raw` is a `clone_args` of the size given and lives across the call; `pidfd` is where the kernel may write one
    // int. Without CLONE_VM the child has memory of its own and continues on a copy of this very stack, as after fork(2).
    // The caller has one thread (checked above), so no lock of the C library is held by a thread that the copy lacks.
    let pid = checked(unsafe { libc::syscall(libc::SYS_clone3, &raw mut raw, size_of::<CloneArguments>()) })?;
    if pid == 0 {
        drop((arguments, kept));
        end_with(child);
    }
    Ok((Child { pid: pid as u32, pidfd: owned(pidfd.into()) }, kept))
}

/// Makes a child that runs `child` and ends with its status, by fork(2) alone: what is left under Docker's system call filter, which
/// answers clone3 with ENOSYS. Returns the child's pid.
///
/// # Errors
/// `EBUSY` when the caller has several threads; what fork(2) says.
pub fn fork(child: impl FnOnce() -> i32) -> io::Result<u32> {
    if !is_single_threaded() {
        return Err(io::Error::from_raw_os_error(libc::EBUSY));
    }
    // SAFETY: fork(2) has no preconditions; the caller has one thread (checked above), so the child finds no lock held.
    let pid = checked(unsafe { libc::fork() }.into())?;
    if pid == 0 {
        end_with(child);
    }
    Ok(pid as u32)
}

/// Makes a child that has nothing of this process but a copy of its memory: `input` is its standard input, its other standard streams
/// are this process's, every other descriptor is closed, and what runs there is a function without surroundings, which is given `words`
/// and whose result is the exit status. Returns the child's pid once the child has closed them: no lock and no end of a pipe stays with it for
/// as long as the scheduler pleases.
///
/// # Errors
/// As [`fork`]; what pipe(2) and read(2) say. Where dup2(2) or close_range(2) fails, the child ends with status 1 at once.
pub fn fork_bare(input: BorrowedFd<'_>, words: &[CString], child: fn(&[CString]) -> i32) -> io::Result<u32> {
    let (closed, open) = pipe_with(PipeFlags::CLOEXEC)?;
    let pid = fork(|| {
        let prepared = dup2_stdin(input).is_ok() && close_from(libc::STDERR_FILENO + 1).is_ok();
        if prepared { child(words) } else { 1 }
    })?;
    drop(open);
    // The end, which the child's closing or its death brings about.
    retry_on_intr(|| read(&closed, &mut [0]))?;
    Ok(pid)
}

/// Closes every descriptor from `first` up, in a process that owns none of them any more (close_range(2)).
fn close_from(first: libc::c_int) -> io::Result<()> {
    // SAFETY: only the child of `fork_bare` is here. The values that own these descriptors belong to the parent's frames, which the
    // child never returns to or drops; a plain function cannot have captured one. No memory is passed.
    checked(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }).map(drop)
}

/// Whether this process has exactly one thread: unshare(2) refuses `CLONE_THREAD` to every other with `EINVAL`, and does nothing else
/// with it. Under a filter that forbids unshare(2) there is no telling, and only programs of one thread run there.
fn is_single_threaded() -> bool {
    // SAFETY: by itself CLONE_THREAD changes nothing (unshare(2)); no memory is passed.
    unsafe { libc::unshare(libc::CLONE_THREAD) == 0 || *libc::__errno_location() != libc::EINVAL }
}

/// Never lets a panic unwind into the caller's frames, which belong to the parent's story.
fn end_with(child: impl FnOnce() -> i32) -> ! {
    let status = catch_unwind(AssertUnwindSafe(child)).unwrap_or(PANICKED);
    // SAFETY: _exit(2) has no preconditions; unlike exit(3) it runs none of the parent's exit handlers a second time.
    unsafe { libc::_exit(status) }
}
