//! Waiting for children together with what they have used.
//!
//! Whoever does not care about that waits by descriptor (see [`crate::pidfd`]).

use std::io;
use std::mem::MaybeUninit;
use std::time::Duration;

use crate::call::checked;
use crate::pidfd::Exit;

/// A child that has ended and was reaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its number, which is free again.
    pub pid: u32,
    /// How it ended.
    pub exit: Exit,
    /// User and system time of it and of those of its descendants that it had waited for.
    pub cpu: Duration,
    /// The most that one of those processes had resident at once, in bytes (getrusage(2), `ru_maxrss`): of the child itself
    /// that includes the moments before it executed its program.
    pub peak_memory: u64,
}

/// Waits for one child to end.
///
/// # Errors
/// `ECHILD` when `pid` is no child of the caller; what wait4(2) says.
pub fn wait(pid: u32) -> io::Result<Ended> {
    let wanted = i32::try_from(pid).ok().filter(|pid| *pid > 0);
    let wanted = wanted.ok_or_else(|| io::Error::from_raw_os_error(libc::ECHILD))?;
    loop {
        match wait4(wanted, 0) {
            Ok(Some(ended)) => return Ok(ended),
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reaps some child that has ended; `None` while there are children and all of them run.
///
/// # Errors
/// `ECHILD` when there are none; what wait4(2) says.
pub fn try_wait_any() -> io::Result<Option<Ended>> {
    wait4(-1, libc::WNOHANG)
}

fn wait4(pid: libc::pid_t, options: libc::c_int) -> io::Result<Option<Ended>> {
    let mut status: libc::c_int = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to memory of the right types that lives across the call; the kernel only writes there.
    let returned = unsafe { libc::wait4(pid, &raw mut status, options, usage.as_mut_ptr()) };
    let pid = checked(returned.into())?;
    if pid == 0 {
        return Ok(None);
    }
    // SAFETY: zeroed above, and every bit pattern of these integers is a value.
    let usage = unsafe { usage.assume_init() };
    let exit = if libc::WIFSIGNALED(status) {
        Exit::Signal(libc::WTERMSIG(status))
    } else {
        Exit::Code(libc::WEXITSTATUS(status))
    };
    let cpu = duration(usage.ru_utime) + duration(usage.ru_stime);
    Ok(Some(Ended { pid: pid as u32, exit, cpu, peak_memory: usage.ru_maxrss as u64 * 1024 }))
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    #[expect(clippy::zombie_processes, reason = "it is reaped by the function under test")]
    fn a_child_is_reaped_with_its_status_and_its_memory() {
        let child = Command::new("/bin/sh").args(["-c", "exit 3"]).spawn().unwrap();
        let ended = wait(child.id()).unwrap();
        assert_eq!((ended.pid, ended.exit), (child.id(), Exit::Code(3)));
        assert!(ended.peak_memory > 4096, "{ended:?}");
        assert_eq!(wait(child.id()).unwrap_err().raw_os_error(), Some(libc::ECHILD));
    }

    #[test]
    fn zero_is_nobodys_number() {
        assert_eq!(wait(0).unwrap_err().raw_os_error(), Some(libc::ECHILD));
    }
}
