//! Processes by descriptor: no number is ever reused under one's hand.
//!
//! A pidfd is readable (poll(2)) once its process has ended; opening one for a child happens at its birth ([`crate::clone`]).

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};

use crate::call::checked;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with a status of 0 to 255.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

impl Exit {
    /// The status that a shell shows: 128 + n for signal n.
    #[must_use]
    pub fn shell_code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

/// A descriptor of the process that has this number now (pidfd_open(2)), close-on-exec.
///
/// # Errors
/// `ESRCH` when there is none; what pidfd_open(2) says.
pub fn open(pid: u32) -> io::Result<OwnedFd> {
    let none = || io::Error::from_raw_os_error(libc::ESRCH);
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(none)?;
    match pidfd_open(pid, PidfdFlags::empty()) {
        // A thread has the number: EINVAL says so in the manual, ENOENT in newer kernels.
        Err(Errno::INVAL | Errno::NOENT) => Err(none()),
        opened => Ok(opened?),
    }
}

/// Sends `signal` (0 only asks whether that would be allowed).
///
/// # Errors
/// `ESRCH` when the process has been reaped; what pidfd_send_signal(2) says.
pub fn send_signal(pidfd: impl AsFd, signal: i32) -> io::Result<()> {
    // SAFETY: the descriptor is open for the borrow; a null siginfo asks the kernel to fill one as kill(2) would.
    let returned = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_fd().as_raw_fd(),
            signal,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        )
    };
    checked(returned).map(drop)
}

/// Waits until the process has ended. Returns whether it has; a child's end is still to be reaped then.
///
/// # Errors
/// What poll(2) says; a `patience` of more seconds than an `i64` holds.
pub fn ends_within(pidfd: impl AsFd, patience: Duration) -> io::Result<bool> {
    let timeout = Timespec::try_from(patience).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut watched = [PollFd::new(&pidfd, PollFlags::IN)];
    Ok(retry_on_intr(|| poll(&mut watched, Some(&timeout)))? > 0)
}

/// Reaps a child that has ended; `None` while it runs.
///
/// # Errors
/// `ECHILD` when it is no child of the caller or was reaped.
pub fn try_wait(pidfd: impl AsFd) -> io::Result<Option<Exit>> {
    reap(pidfd, WaitIdOptions::EXITED | WaitIdOptions::NOHANG)
}

/// Waits for a child to end, and reaps it.
///
/// # Errors
/// `ECHILD` when it is no child of the caller or was reaped.
pub fn wait(pidfd: impl AsFd) -> io::Result<Exit> {
    loop {
        if let Some(exit) = retry_on_intr(|| waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED))?
            .and_then(|status| exit_of(&status))
        {
            return Ok(exit);
        }
    }
}

fn reap(pidfd: impl AsFd, options: WaitIdOptions) -> io::Result<Option<Exit>> {
    let status = retry_on_intr(|| waitid(WaitId::PidFd(pidfd.as_fd()), options))?;
    Ok(status.and_then(|status| exit_of(&status)))
}

fn exit_of(status: &rustix::process::WaitIdStatus) -> Option<Exit> {
    let signal = || status.terminating_signal().map(Exit::Signal);
    status.exit_status().map(Exit::Code).or_else(signal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    #[expect(clippy::zombie_processes, reason = "it is reaped through its descriptor")]
    fn a_signalled_child_is_reaped_with_its_signal() {
        let child = Command::new("/bin/cat").stdin(Stdio::piped()).spawn().unwrap();
        let pidfd = open(child.id()).unwrap();
        assert_eq!(try_wait(&pidfd).unwrap(), None);
        assert!(!ends_within(&pidfd, Duration::ZERO).unwrap());
        send_signal(&pidfd, libc::SIGKILL).unwrap();
        assert!(ends_within(&pidfd, Duration::from_secs(60)).unwrap());
        let exit = wait(&pidfd).unwrap();
        assert_eq!((exit, exit.shell_code()), (Exit::Signal(9), 137));
        assert_eq!(try_wait(&pidfd).unwrap_err().raw_os_error(), Some(libc::ECHILD));
    }

    #[test]
    fn the_number_of_a_thread_names_no_process() {
        let thread = || open(rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs());
        let opened = std::thread::spawn(thread).join().unwrap();
        assert_eq!(opened.unwrap_err().raw_os_error(), Some(libc::ESRCH));
    }

    #[test]
    fn pid_zero_names_nobody() {
        assert_eq!(open(0).unwrap_err().raw_os_error(), Some(libc::ESRCH));
    }
}
