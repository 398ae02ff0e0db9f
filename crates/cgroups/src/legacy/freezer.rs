//! The v1 freezer.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use crate::error::CgroupsError;
use crate::{file, tree};

const STATE: &str = "freezer.state";

/// Freezes all processes in a cgroup and below, and returns once they are.
///
/// Writing the state again makes the kernel look again; a process that forks while it is being frozen needs that. What cannot
/// be frozen in time is thawed: half frozen is worse than not.
pub(crate) fn freeze(directory: &Path, patience: Duration) -> Result<(), CgroupsError> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_micros(20);
    loop {
        file::write(&directory.join(STATE), "FROZEN")?;
        if is_frozen(directory)? {
            return Ok(());
        }
        if Instant::now() >= deadline {
            thaw(directory)?;
            return Err(CgroupsError::Late { path: directory.to_owned(), state: "frozen", patience });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

/// Lets them go on.
pub(crate) fn thaw(directory: &Path) -> Result<(), CgroupsError> {
    file::write(&directory.join(STATE), "THAWED")
}

/// Lets them go on, and those below as well, which a container may have frozen by itself.
pub(crate) fn thaw_all(directory: &Path) -> Result<(), CgroupsError> {
    let thaw_one = |directory: &OwnedFd| -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let opened = openat(directory, STATE, flags, Mode::empty());
        match opened.and_then(|state| rustix::io::write(state, b"THAWED")) {
            // Removed meanwhile, with nobody in it.
            Err(Errno::NOENT | Errno::NODEV) => Ok(()),
            written => Ok(written.map(drop)?),
        }
    };
    tree::walk(directory, thaw_one, |_, _| Ok(())).map_err(CgroupsError::file("thaw", directory))
}

/// Whether all of them are frozen.
pub(crate) fn is_frozen(directory: &Path) -> Result<bool, CgroupsError> {
    Ok(file::read(&directory.join(STATE))?.is_some_and(|state| state == "FROZEN"))
}
