//! Copies of mounts that belong to the mount namespace of another process: only who is inside of it may copy them.
//!
//! It is for this process before it has a root of its own, and leaves it where it was.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::{chroot, fchdir};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};

use super::{beneath, file_system};
use crate::failure::{Doing, Failure};

/// A path below the root of another process.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Elsewhere<'a> {
    process: &'a str,
    path: &'a str,
}

impl<'a> Elsewhere<'a> {
    /// Reads `/proc/PID/root/PATH`; `None` for what is no such path.
    pub(super) fn parse(source: &'a str) -> Option<Self> {
        let (process, rest) = source.strip_prefix("/proc/")?.split_once('/')?;
        let path = rest.strip_prefix("root").filter(|path| path.starts_with('/'))?;
        let is_number = !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(Self { process, path })
    }

    /// Goes there, copies and comes back. The path is resolved where its links mean what their owner sees; magic links are not followed,
    /// because theirs lead into this very process, which has the host's root open.
    pub(super) fn copy(&self, recursive: bool) -> Result<OwnedFd, Failure> {
        let (root, directory) = (open("/")?, open(".")?);
        let (ours, theirs) = (open("/proc/self/ns/mnt")?, open(&format!("/proc/{}/ns/mnt", self.process))?);
        enter(&theirs)?;
        let place = beneath::open(&open("/")?, self.path, OFlags::PATH);
        let copy = place.and_then(|place| file_system::copy(place, "", recursive));
        enter(&ours)?;
        // Entering leads to the root of a mount namespace, which need not be that of this process.
        fchdir(&root)
            .and_then(|()| chroot("."))
            .and_then(|()| fchdir(&directory))
            .doing(|| "come back".into())?;
        copy.doing(|| format!("open bind source `{}` of process {}", self.path, self.process))
    }
}

fn open(path: &str) -> Result<OwnedFd, Failure> {
    let opened = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    opened.doing(|| format!("open `{path}`"))
}

fn enter(namespace: &OwnedFd) -> Result<(), Failure> {
    // setns(2) takes the kind in the same bits for both of its forms.
    move_into_thread_name_spaces(namespace.as_fd(), ThreadNameSpaceType::MOUNT)
        .doing(|| "enter a mount namespace".into())
}

#[cfg(test)]
mod tests {
    use super::Elsewhere;

    #[test]
    fn only_what_lies_below_the_root_of_a_process_is_elsewhere() {
        let path = Elsewhere { process: "12", path: "/dev/shm" };
        assert_eq!(Elsewhere::parse("/proc/12/root/dev/shm"), Some(path));
        for here in ["/proc/self/root/x", "/proc/12/rooted/x", "/proc//root/x", "/proc/12/root", "/dev/shm"] {
            assert_eq!(Elsewhere::parse(here), None, "{here}");
        }
    }
}
