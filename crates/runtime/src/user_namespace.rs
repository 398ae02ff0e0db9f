//! User namespaces as the kernel has them: their maps are written, and read, through /proc of the host.
//!
//! What they should be is the plan's.

use std::os::fd::OwnedFd;

use corten_sys::clone::{self, Clone3};
use corten_sys::pidfd;
use rustix::event::pause;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::thread::ThreadNameSpaceType;

use crate::failure::{Doing, Failure};
use crate::plan::UserNamespace;

/// Gives a process's new namespace its ids. Groups may be dropped in it: who writes holds CAP_SETGID outside (user_namespaces(7)).
pub(crate) fn write_maps(pid: u32, planned: &UserNamespace) -> Result<(), Failure> {
    for (file, map) in [("uid_map", &planned.uids), ("gid_map", &planned.gids)] {
        let path = format!("/proc/{pid}/{file}");
        std::fs::write(&path, map.to_string()).doing(|| format!("write `{path}`"))?;
    }
    Ok(())
}

/// The namespace that a process is in.
pub(crate) fn of_process(pid: u32) -> Result<OwnedFd, Failure> {
    let path = format!("/proc/{pid}/ns/user");
    openat(CWD, &path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).doing(|| format!("open `{path}`"))
}

/// A namespace that nobody is in: only its ids count, for a mount.
pub(crate) fn make(planned: &UserNamespace) -> Result<OwnedFd, Failure> {
    let arguments = Clone3 { namespaces: ThreadNameSpaceType::USER, cgroup: None };
    let child = clone::spawn(arguments, hold).doing(|| "make a user namespace".into())?;
    let made = write_maps(child.pid, planned).and_then(|()| of_process(child.pid));
    // It did nothing but wait, and the descriptor keeps the namespace.
    let _ = pidfd::send_signal(&child.pidfd, Signal::KILL.as_raw());
    let _ = pidfd::wait(&child.pidfd);
    made
}

/// Until it is killed, by its maker or with it.
fn hold() -> i32 {
    if set_parent_process_death_signal(Some(Signal::KILL)).is_ok() {
        pause();
    }
    0
}

/// Who is root in the user namespace of process `pid`, as this process sees the ids: user and group. `None` where the namespace is our
/// own.
pub(crate) fn foreign_root(pid: u32) -> Result<Option<(u32, u32)>, Failure> {
    let namespace = |process: &str| {
        let path = format!("/proc/{process}/ns/user");
        std::fs::read_link(&path).doing(|| format!("read `{path}`"))
    };
    if namespace(&pid.to_string())? == namespace("self")? {
        return Ok(None);
    }
    let root = |file: &str| {
        let path = format!("/proc/{pid}/{file}");
        let text = std::fs::read_to_string(&path).doing(|| format!("read `{path}`"))?;
        outside_of_root(&text).ok_or_else(|| Failure::refused(format!("`{path}` maps no root")))
    };
    Ok(Some((root("uid_map")?, root("gid_map")?)))
}

/// What id 0 stands for in the text of a map.
fn outside_of_root(map: &str) -> Option<u32> {
    let mut lines = map.lines().map(str::split_ascii_whitespace);
    lines.find_map(|mut fields| if fields.next()? == "0" { fields.next()?.parse().ok() } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_found_in_the_kernels_columns() {
        let map = "      1000          5          1\n         0     100000      65536\n";
        assert_eq!(outside_of_root(map), Some(100_000));
        assert_eq!(outside_of_root("1 1000 1\n"), None);
    }

    #[test]
    fn this_process_is_in_its_own_user_namespace() {
        assert_eq!(foreign_root(std::process::id()).unwrap(), None);
    }
}
