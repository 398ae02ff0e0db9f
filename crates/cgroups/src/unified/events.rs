//! Waiting for a state of `cgroup.events`.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::error::CgroupsError;
use crate::file;

const EVENTS: &str = "cgroup.events";

/// Freezes or thaws a cgroup and all below it, and returns once that has happened.
pub(crate) fn set_frozen(directory: &Path, frozen: bool, patience: Duration) -> Result<(), CgroupsError> {
    let value = if frozen { "1" } else { "0" };
    file::write(&directory.join("cgroup.freeze"), value)?;
    let state = if frozen { "frozen" } else { "thawed" };
    wait(directory, &format!("frozen {value}"), state, patience)
}

/// Whether all processes of the cgroup are frozen.
pub(crate) fn is_frozen(directory: &Path) -> Result<bool, CgroupsError> {
    Ok(file::keyed(&directory.join(EVENTS), "frozen")? == Some(1))
}

/// Waits until no process was in the cgroup or below it for as long as `idle`, however long that takes.
pub(crate) fn await_idle(directory: &Path, idle: Duration) -> Result<(), CgroupsError> {
    let path = directory.join(EVENTS);
    let mut events = File::open(&path).map_err(CgroupsError::file("open", &path))?;
    loop {
        let empty = has_line(&mut events, &path, "populated 0")?;
        if !changes(&events, &path, empty.then_some(idle))? {
            return Ok(());
        }
    }
}

/// How long a removal of the cgroup may go unnoticed.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Waits until a line is there.
fn wait(directory: &Path, line: &str, state: &'static str, patience: Duration) -> Result<(), CgroupsError> {
    let path = directory.join(EVENTS);
    let deadline = Instant::now() + patience;
    let mut events = File::open(&path).map_err(CgroupsError::file("open", &path))?;
    while !has_line(&mut events, &path, line)? {
        let left = deadline.saturating_duration_since(Instant::now());
        // The kernel does not tell of a removal: only another look does.
        if !changes(&events, &path, Some(left.min(LOOK_AGAIN)))? && left.is_zero() {
            return Err(CgroupsError::Late { path: directory.to_owned(), state, patience });
        }
    }
    Ok(())
}

fn has_line(events: &mut File, path: &Path, line: &str) -> Result<bool, CgroupsError> {
    let mut text = String::new();
    events
        .rewind()
        .and_then(|()| events.read_to_string(&mut text))
        .map_err(CgroupsError::file("read", path))?;
    Ok(text.lines().any(|present| present == line))
}

/// Waits for the file to change since it was last read, which the kernel reports as `POLLPRI`; false if it did not within `patience`.
fn changes(events: &File, path: &Path, patience: Option<Duration>) -> Result<bool, CgroupsError> {
    let timeout = patience.map(|patience| Timespec::try_from(patience).unwrap_or_default());
    match poll(&mut [PollFd::from_borrowed_fd(events.as_fd(), PollFlags::PRI)], timeout.as_ref()) {
        Ok(0) => Ok(false),
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(true),
        Err(errno) => Err(CgroupsError::file("wait for", path)(errno.into())),
    }
}
