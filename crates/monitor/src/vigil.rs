//! A process that waits for something to happen or for a time to pass, and then becomes a program: what has to be done later is not
//! waited for in a process of the engine's, which is ten times as large.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::time::Duration;

use corten_sys::signal::reset_to_default;
use corten_sys::{memory, packet};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::birth::take_stdin;
use crate::client::{ClientError, execute};
use crate::copy::copy;
use crate::failure::{Failure, doing};
use crate::moment::Moment;
use crate::process_name;
use crate::protocol::{MAX_PACKET, Reaper};
use crate::reaper::{become_program, words};

/// The second word of its command line.
pub(crate) const VIGIL: &str = "--vigil";

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-vigil";

/// Whether a process in the cgroup of monitors waits so.
#[must_use]
pub fn is_vigil(pid: u32) -> bool {
    process_name::is_of(PROCESS_NAME, pid)
}

/// What it is told. Descriptor: what it watches.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// What it becomes when the descriptor is readable …
    pub program: Reaper,
    /// … or after so many milliseconds; `None` = then alone.
    pub wait_ms: Option<u64>,
    /// The cgroup of monitors, absolute within every hierarchy.
    pub monitor_cgroup: String,
}

/// Starts one, which nothing ties to the caller.
///
/// # Errors
/// [`ClientError::Channel`], [`ClientError::Send`] and [`ClientError::Spawn`].
pub fn start(program: &Path, order: &Order, watched: OwnedFd) -> Result<(), ClientError> {
    let (here, there) = packet::pair().map_err(ClientError::Channel)?;
    let bytes = serde_json::to_vec(order).map_err(|error| ClientError::Send(error.into()))?;
    packet::send(&here, &bytes, &[watched.as_fd()]).map_err(ClientError::Send)?;
    drop(watched);
    let mut child = execute(program, &[VIGIL], there)?;
    // It has made a copy of itself, which waits, and ended.
    child.wait().map(drop).map_err(ClientError::Channel)
}

/// Is one. Returns the exit status; nobody asks for it.
pub(crate) fn run() -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let Ok(channel) = take_stdin() else { return 1 };
    let Ok(received) = receive(&channel) else { return 1 };
    drop(channel);
    let (cgroup, mut taken) = (received.0.monitor_cgroup.clone(), Some(received));
    let copied = copy(&cgroup, |left| match (left, taken.take()) {
        (Ok(()), Some((order, watched))) => keep_vigil(&order, watched),
        _ => 1,
    });
    i32::from(copied.is_err())
}

fn receive(channel: &OwnedFd) -> Result<(Order, OwnedFd), Failure> {
    let mut buffer = vec![0; MAX_PACKET];
    let packet = doing("receive what is waited for", packet::receive(channel, &mut buffer))?;
    let order = serde_json::from_slice(&buffer[..packet.length]).map_err(io::Error::from);
    let watched = packet.descriptors.into_iter().next();
    let watched = watched.ok_or_else(|| Failure::new("there is nothing to wait for"))?;
    Ok((doing("read what is waited for", order)?, watched))
}

/// The copy's life.
fn keep_vigil(order: &Order, watched: OwnedFd) -> i32 {
    // An engine that a monitor's process has become has those blocked that go to the container. A host that goes down ends this one.
    if reset_to_default().is_err() {
        return 1;
    }
    let Ok(words) = words(&order.program) else { return 1 };
    memory::give_back();
    wait(&watched, order.wait_ms);
    drop(watched);
    become_program(&words)
}

/// Returns when the descriptor is readable, or its other end is gone, or the time is over. A clock that is set changes nothing.
fn wait(watched: &OwnedFd, wait_ms: Option<u64>) {
    let until = wait_ms.map(|wait| Moment::now().plus_ms(wait));
    loop {
        let left = until.map(|until| until.from(Moment::now()));
        let timeout = left.map(timespec);
        let mut set = [PollFd::new(watched, PollFlags::IN)];
        match poll(&mut set, timeout.as_ref()) {
            Err(Errno::INTR) => {}
            // What cannot be waited for is looked at now.
            _ => return,
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
