//! Signals of this process: blocking them, reading them from a descriptor, giving a child the defaults back.
//!
//! It installs no handlers.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;

use crate::call::{checked, owned};

/// The highest signal number of Linux.
const LAST: i32 = 64;

/// What glibc keeps for its threads; it refuses to put them in a set.
const RESERVED: [i32; 2] = [32, 33];

/// Every signal that a program can use.
pub fn all() -> impl Iterator<Item = i32> {
    (1..=LAST).filter(|signal| !RESERVED.contains(signal))
}

/// One signal as signalfd(2) reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub signal: i32,
    /// Who sent it, in this process's pid namespace; 0 when it was the kernel or a process outside.
    pub sender: u32,
    /// For SIGCHLD: the exit status, or the number of the signal.
    pub status: i32,
    /// `si_code`: `CLD_EXITED` and so on.
    pub code: i32,
}

/// A descriptor that is readable when one of its signals is pending; non-blocking, close-on-exec.
#[derive(Debug)]
pub struct SignalFd(OwnedFd);

impl SignalFd {
    /// Blocks `signals` for this thread and makes them readable here.
    ///
    /// # Errors
    /// `EINVAL` for a number that is no signal; what signalfd(2) says.
    pub fn new(signals: &[i32]) -> io::Result<Self> {
        block(signals)?;
        let set = set_of(signals)?;
        // SAFETY: `set` is an initialised signal set that lives across the call; -1 asks for a new descriptor.
        let returned = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        checked(returned.into()).map(|fd| Self(owned(fd)))
    }

    /// The next pending signal, if there is one.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn read(&self) -> io::Result<Option<Received>> {
        let mut info = MaybeUninit::<libc::signalfd_siginfo>::zeroed();
        let size = size_of::<libc::signalfd_siginfo>();
        // SAFETY: the buffer is `size` bytes long and writable; the descriptor is open for as long as `self` lives.
        let returned = unsafe { libc::read(self.0.as_raw_fd(), info.as_mut_ptr().cast(), size) };
        match checked(returned as libc::c_long) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
            Ok(_) => {
                // SAFETY: zeroed above, and every bit pattern of these integers is a value.
                let info = unsafe { info.assume_init() };
                Ok(Some(Received {
                    signal: info.ssi_signo as i32,
                    sender: info.ssi_pid,
                    status: info.ssi_status,
                    code: info.ssi_code,
                }))
            }
        }
    }
}

impl AsFd for SignalFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Adds `signals` to what this thread does not receive.
///
/// # Errors
/// `EINVAL` for a number that is no signal.
pub fn block(signals: &[i32]) -> io::Result<()> {
    let set = set_of(signals)?;
    // SAFETY: `set` is initialised and lives across the call; the old mask is not asked for.
    checked(unsafe { libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) }.into()).map(drop)
}

/// Whether this process or thread has been sent a signal that is blocked here and has not been taken (sigpending(2)).
///
/// # Errors
/// `EINVAL` for a number that is no signal.
pub fn is_pending(signal: i32) -> io::Result<bool> {
    let mut set = set_of(&[])?;
    // SAFETY: `set` is initialised and writable; it is overwritten as a whole.
    checked(unsafe { libc::sigpending(&raw mut set) }.into())?;
    // SAFETY: `set` is initialised; a number that is no signal is refused with EINVAL.
    checked(unsafe { libc::sigismember(&raw const set, signal) }.into()).map(|member| member == 1)
}

/// Unblocks every signal and gives each the kernel's default action back.
///
/// A program inherits both across execve(2), and Rust's start-up ignores SIGPIPE.
///
/// # Errors
/// What sigprocmask(2) says; a signal that cannot be changed (SIGKILL, SIGSTOP) is left alone.
pub fn reset_to_default() -> io::Result<()> {
    // `struct sigaction` as the kernel has it: the handler first, SIG_DFL being zero; on no architecture longer than this.
    let default = [0_u64; 4];
    for signal in 1..=LAST {
        // By the system call itself, because glibc keeps two signals from its callers, and a starter may have ignored them.
        // SAFETY: the kernel reads at most the 32 bytes of `default`; SIG_DFL is no code of ours that could run. EINVAL, for
        // SIGKILL and SIGSTOP, is without effect.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                default.as_ptr(),
                ptr::null_mut::<u64>(),
                size_of::<u64>(),
            )
        };
    }
    let none = set_of(&[])?;
    // SAFETY: as in `block`.
    checked(unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut()) }.into())
        .map(drop)
}

/// Sends `signal` to a process, or to a process group where `pid` is negative (kill(2)).
///
/// # Errors
/// What kill(2) says.
pub fn kill(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: kill(2) takes two integers and touches no memory of ours.
    checked(unsafe { libc::kill(pid, signal) }.into()).map(drop)
}

fn set_of(signals: &[i32]) -> io::Result<libc::sigset_t> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the whole set that it is given.
    let mut set = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        set.assume_init()
    };
    for signal in signals {
        // SAFETY: `set` is initialised; a number that is no signal is refused with EINVAL.
        checked(unsafe { libc::sigaddset(&raw mut set, *signal) }.into())?;
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_signal_is_read_from_the_descriptor() {
        let pending = SignalFd::new(&[libc::SIGUSR1]).unwrap();
        assert_eq!(pending.read().unwrap(), None);
        // SAFETY: raise(3) sends to this very thread, where the signal is blocked.
        unsafe { libc::raise(libc::SIGUSR1) };
        let received = pending.read().unwrap().unwrap();
        assert_eq!((received.signal, received.sender), (libc::SIGUSR1, std::process::id()));
        assert_eq!(pending.read().unwrap(), None);
    }

    #[test]
    fn a_blocked_signal_is_pending_until_it_is_taken() {
        let blocked = SignalFd::new(&[libc::SIGUSR2]).unwrap();
        assert!(!is_pending(libc::SIGUSR2).unwrap());
        // SAFETY: raise(3) sends to this very thread, where the signal is blocked.
        unsafe { libc::raise(libc::SIGUSR2) };
        assert!(is_pending(libc::SIGUSR2).unwrap());
        blocked.read().unwrap().unwrap();
        assert!(!is_pending(libc::SIGUSR2).unwrap());
    }

    #[test]
    fn every_signal_can_be_blocked() {
        block(&all().collect::<Vec<_>>()).unwrap();
    }

    #[test]
    fn a_number_that_is_no_signal_is_refused() {
        assert_eq!(block(&[4096]).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    }
}
