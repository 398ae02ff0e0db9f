//! Waiting for a state of `cgroup.events`.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::error::Error;
use crate::file;

const EVENTS: &str = "cgroup.events";

/// Freezes or thaws a cgroup and all below it, and returns once that has happened.
pub(crate) fn set_frozen(directory: &Path, frozen: bool, patience: Duration) -> Result<(), Error> {
    let value = if frozen { "1" } else { "0" };
    file::write(&directory.join("cgroup.freeze"), value)?;
    let state = if frozen { "frozen" } else { "thawed" };
    wait(directory, &format!("frozen {value}"), state, patience)
}

/// Whether all processes of the cgroup are frozen.
pub(crate) fn is_frozen(directory: &Path) -> Result<bool, Error> {
    Ok(file::keyed(&directory.join(EVENTS), "frozen")? == Some(1))
}

/// Waits until a line is there. The kernel reports changes of the file as `POLLPRI`.
fn wait(directory: &Path, line: &str, state: &'static str, patience: Duration) -> Result<(), Error> {
    let path = directory.join(EVENTS);
    let deadline = Instant::now() + patience;
    let mut events = File::open(&path).map_err(Error::file("open", &path))?;
    loop {
        let mut text = String::new();
        events
            .rewind()
            .and_then(|()| events.read_to_string(&mut text))
            .map_err(Error::file("read", &path))?;
        if text.lines().any(|present| present == line) {
            return Ok(());
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).unwrap_or_default();
        let changed = poll(&mut [PollFd::from_borrowed_fd(events.as_fd(), PollFlags::PRI)], Some(&timeout));
        match changed {
            Ok(0) => return Err(Error::Late { path: directory.to_owned(), state, patience }),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(Error::file("wait for", &path)(errno.into())),
        }
    }
}
