//! The process that notices when somebody takes away the firewall's table of a root (`nft flush ruleset`, a firewall that is started
//! again), and has an engine make it anew. There is one for each root, as long as somebody needs its networks.
//!
//! It knows nothing of what is in the table: that is on record, and the engine's.

mod translation;

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use corten_journal::FileLock;
use corten_netlink::nft::{Event, NftWatch, Table};
use corten_spec::exit_status::NETWORKS_NOT_NEEDED;
use corten_sys::{memory, packet, pidfd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use crate::birth::take_stdin;
use crate::client::{ClientError, execute};
use crate::copy::copy;
use crate::failure::{Failure, doing};
use crate::process_name;
use crate::protocol::{MAX_PACKET, Reaper};
use translation::Translation;

/// The second word of its command line.
pub(crate) const GUARD: &str = "--guard";

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-guard";

/// How long whoever took the table away gets to finish: a firewall that starts takes away, and then makes its own.
const PAUSE: Duration = Duration::from_millis(50);

/// Whether a process in the cgroup of monitors is a guard: it ends once nobody needs networks.
#[must_use]
pub fn is_guard(pid: u32) -> bool {
    process_name::is_of(PROCESS_NAME, pid)
}

/// Ends the process `pid` of the cgroup of monitors if it is a guard, and waits until it is gone; the lock is free then.
///
/// # Errors
/// When it cannot be killed, or takes longer than `patience`.
pub fn end(pid: u32, patience: Duration) -> io::Result<()> {
    let process = match pidfd::open(pid) {
        Err(error) if is_gone(&error) => return Ok(()),
        process => process?,
    };
    // The descriptor was there first: what has the name now is what is killed.
    if !is_guard(pid) {
        return Ok(());
    }
    match pidfd::send_signal(&process, Signal::KILL.as_raw()) {
        Err(error) if is_gone(&error) => return Ok(()),
        sent => sent?,
    }
    if pidfd::ends_within(&process, patience)? { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
}

fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

/// What a guard is told. Descriptor: the lock that says that there is a guard.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// The table's name.
    pub table: String,
    /// What is run when it is gone; exits with [`NETWORKS_NOT_NEEDED`] where nobody needs it.
    pub mender: Reaper,
    /// The cgroup of monitors, absolute within every hierarchy.
    pub monitor_cgroup: String,
}

/// Starts a guard that keeps `lock`; it watches from when this returns.
///
/// # Errors
/// [`ClientError::Channel`], [`ClientError::Send`] and [`ClientError::Spawn`].
pub fn start(program: &Path, order: &Order, lock: FileLock) -> Result<(), ClientError> {
    let (here, there) = packet::pair().map_err(ClientError::Channel)?;
    let bytes = serde_json::to_vec(order).map_err(|error| ClientError::Send(error.into()))?;
    packet::send(&here, &bytes, &[lock.as_fd()]).map_err(ClientError::Send)?;
    drop(lock);
    let mut child = execute(program, &[GUARD], there)?;
    // It has made a copy of itself, which watches, and ended.
    child.wait().map(drop).map_err(ClientError::Channel)
}

/// Is a guard. Returns the exit status; nobody asks for it.
pub(crate) fn run() -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let Ok(channel) = take_stdin() else { return 1 };
    let Ok((order, lock)) = receive(&channel) else { return 1 };
    drop(channel);
    // Here already, so that nothing is missed from when the engine goes on.
    let Ok(watch) = NftWatch::open() else { return 1 };
    let cgroup = order.monitor_cgroup.clone();
    let kept = Translation::keep(&Table::inet(&order.table));
    let mut taken = Some((order, lock, watch, kept));
    let copied = copy(&cgroup, |left| match (left, taken.take()) {
        (Ok(()), Some((order, lock, watch, _kept))) => keep_watch(&order, lock, watch),
        _ => 1,
    });
    i32::from(copied.is_err())
}

fn receive(channel: impl AsFd) -> Result<(Order, FileLock), Failure> {
    let mut buffer = vec![0; MAX_PACKET];
    let packet = doing("receive what is guarded", packet::receive(channel, &mut buffer))?;
    let order = serde_json::from_slice(&buffer[..packet.length]).map_err(io::Error::from);
    let lock = packet.descriptors.into_iter().next().ok_or_else(|| Failure::new("a guard needs its lock"))?;
    Ok((doing("read what is guarded", order)?, doing("take over the guard's lock", FileLock::from_fd(lock))?))
}

/// The copy's life; the lock is held as long, and connections are kept going.
fn keep_watch(order: &Order, mut lock: FileLock, mut watch: NftWatch) -> i32 {
    memory::give_back();
    let table = Table::inet(&order.table);
    loop {
        // An interrupted poll only means one look more.
        let _ = poll(&mut [PollFd::new(&watch, PollFlags::IN)], None);
        match watch.events() {
            Ok(events) if !events.iter().any(|event| concerns(event, &table)) => {}
            // What cannot be understood may have been about the table.
            _ => {
                thread::sleep(PAUSE);
                if !is_needed(&order.mender) {
                    // Somebody may have got an address since, and have gone on because there is a guard.
                    match lock.release_unless(|| is_needed(&order.mender)) {
                        Ok(Some(kept)) => lock = kept,
                        _ => return 0,
                    }
                }
            }
        }
    }
}

fn concerns(event: &Event, table: &Table) -> bool {
    match event {
        Event::TableDeleted(deleted) => deleted == table,
        Event::Lost => true,
        Event::Generation(_) => false,
    }
}

/// Has an engine make what is missing. Returns whether there is anything to guard.
fn is_needed(mender: &Reaper) -> bool {
    let mut command = Command::new(&mender.program);
    command.args(&mender.arguments).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // One that fails is tried again the next time.
    !command.status().is_ok_and(|status| status.code() == Some(i32::from(NETWORKS_NOT_NEEDED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_its_own_table_concerns_a_guard() {
        let table = Table::inet("corten-1");
        assert!(concerns(&Event::TableDeleted(Table::inet("corten-1")), &table));
        assert!(!concerns(&Event::TableDeleted(Table::inet("corten-2")), &table));
        assert!(!concerns(&Event::Generation(7), &table));
        assert!(concerns(&Event::Lost, &table));
    }
}
