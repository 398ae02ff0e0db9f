//! Copies of this process in the cgroup of monitors: monitors, keepers and the other helpers that stay.
//!
//! The program that an engine starts only reads what it is to be. It then copies itself into the cgroup of monitors and ends: on
//! cgroup v2 being born there is the one cheap way in (moving costs 5–10 ms, and until it has happened the container would die with
//! the engine's session), and an engine whose child ends at once has nobody to reap for the years that a container may run.

use std::io;
use std::os::fd::OwnedFd;

use corten_sys::clone::{Clone3, spawn};
use rustix::io::Errno;
use rustix::thread::ThreadNameSpaceType;

use crate::failure::{Failure, doing};
use crate::home;

/// How often the cgroup may be tidied away just before the copy is born there.
const ATTEMPTS: usize = 10;

/// Runs `child` in a copy of this process, in the cgroup of monitors and outside of the engine's session and directory; it is told whether
/// it has left these.
///
/// # Errors
/// When there is no way into the cgroup, or no process to be had.
pub(crate) fn copy(path: &str, mut child: impl FnMut(io::Result<()>) -> i32) -> Result<(), Failure> {
    let mut attempts = ATTEMPTS;
    loop {
        attempts -= 1;
        let home = home::enter(path)?;
        let (unified, tasks) = home.map_or_else(Default::default, |home| (home.unified, home.tasks));
        let arguments = Clone3 { namespaces: ThreadNameSpaceType::empty(), cgroup: unified };
        let copied = spawn(arguments, || {
            join(tasks);
            child(leave_the_engine())
        });
        let removed = |error: &io::Error| error.raw_os_error() == Some(Errno::NODEV.raw_os_error());
        if attempts == 0 || !copied.as_ref().is_err_and(removed) {
            return doing("copy the monitor into its cgroup", copied.map(drop));
        }
    }
}

/// The rest of the way into the cgroup of monitors.
fn join(tasks: Vec<OwnedFd>) {
    for tasks in tasks {
        // A monitor in a wrong v1 cgroup still works; its container has its own.
        let _ = rustix::io::write(&tasks, b"0");
    }
}

/// Leaves the engine's session, whose terminal sends signals, and its directory, which would stay busy.
fn leave_the_engine() -> io::Result<()> {
    rustix::process::setsid()?;
    Ok(rustix::process::chdir("/")?)
}
