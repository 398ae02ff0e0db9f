//! A probe for a file: whether a path of the container leads anywhere.
//!
//! A copy of the prober looks, for a file system of the container's may keep whoever looks waiting; that one can be killed.

use std::os::fd::OwnedFd;
use std::time::Duration;

use corten_sys::clone::{Clone3, spawn};
use corten_sys::pidfd;
use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::thread::ThreadNameSpaceType;

use super::attempt::Place;
use super::worker::Worker;
use crate::failure::{Failure, doing};

/// Starts to look.
pub(super) fn begin(place: &Place, path: &str) -> Result<Worker, Failure> {
    let (near, far) = doing("make the probe's pipe", pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK))?;
    let same = Clone3 { namespaces: ThreadNameSpaceType::empty(), cgroup: None };
    let looker = spawn(same, || look(place, path, &far));
    let looker = doing("copy the prober", looker)?;
    Ok(Worker::new(looker.pidfd, vec![near]))
}

/// In the copy: writes what it finds. Returns the exit status.
fn look(place: &Place, path: &str, told: &OwnedFd) -> i32 {
    // The prober gives a copy up that takes too long; one that somebody kills cannot.
    if set_parent_process_death_signal(Some(Signal::KILL)).is_err() {
        return 1;
    }
    let (status, words) = match find(place.pid, &place.init, path) {
        Ok(()) => (0, format!("`{path}` is there")),
        Err(Errno::NOENT | Errno::NOTDIR) => (1, format!("`{path}` is not there")),
        Err(error) => (1, format!("cannot look for `{path}`: {}", std::io::Error::from(error))),
    };
    // An empty pipe has room for a path.
    let _ = rustix::io::write(told, words.as_bytes());
    status
}

/// Whether there is something beneath the root of a process, of whatever kind and whoever may read it.
fn find(pid: u32, process: &OwnedFd, path: &str) -> rustix::io::Result<()> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let root = open(format!("/proc/{pid}/root"), flags | OFlags::DIRECTORY, Mode::empty())?;
    // Its number is another process's at the earliest once it has ended.
    if pidfd::ends_within(process, Duration::ZERO).unwrap_or(true) {
        return Err(Errno::SRCH);
    }
    let how = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    openat2(root, path, flags, Mode::empty(), how).map(drop)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::{Command, Stdio};

    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    use super::*;

    #[test]
    fn a_path_is_looked_for_beneath_the_root_of_the_process_and_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        std::fs::copy("/bin/busybox", root.path().join("busybox")).unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        let outside = outside.path().to_str().unwrap();
        for (link, target) in
            [("here", "/busybox"), ("up", "../../../busybox"), ("out", outside), ("loop", "loop")]
        {
            symlink(target, root.path().join(link)).unwrap();
        }
        let mut command = Command::new("chroot");
        let command = command.arg(root.path()).args(["/busybox", "cat"]).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let pid = child.id();
        while std::fs::read(format!("/proc/{pid}/comm")).unwrap() != b"busybox\n" {
            std::thread::yield_now();
        }
        let process = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).unwrap();
        let find = |path: &str| find(pid, &process, path);
        for path in ["/busybox", "/here", "/up", "/", "/../busybox", "/./here"] {
            assert_eq!(find(path), Ok(()), "{path}");
        }
        for path in ["/out", outside, "/etc/passwd", "/gone"] {
            assert_eq!(find(path), Err(Errno::NOENT), "{path}");
        }
        assert_eq!(find("/busybox/x"), Err(Errno::NOTDIR));
        assert_eq!(find("/loop"), Err(Errno::LOOP));
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(find("/busybox").is_err(), "it has ended");
    }
}
