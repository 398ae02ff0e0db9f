//! A process that is yet to be told what it is: a monitor or the keeper of a session.
//!
//! The first packet on its standard input says so; or it says that nobody knows yet ([`WAIT`]). Then a copy of the process waits for the
//! order, where monitors are and as they are, and is at once what the order says. An engine starts such a one before there is anything to
//! say, for making a process takes longer than telling it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process;

use corten_sys::packet::{self, Packet};
use corten_sys::pidfd;
use rustix::stdio::stdin;

use crate::birth::{self, answer, take_stdin};
use crate::copy::copy;
use crate::equipment::Equipment;
use crate::failure::{Failure, doing};
use crate::keeper::{self, ORDER};
use crate::process_name;
use crate::protocol::MAX_PACKET;

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-recruit";

/// Begins the packet that asks for a copy which waits; the path of the cgroup of monitors follows.
pub(crate) const WAIT: &[u8] = b"wait ";

/// The packet that the copy answers with, beside its pidfd.
pub(crate) const WAITING: &[u8] = b"waiting";

/// Whether a process in the cgroup of monitors waits to be told what it is: it ends with the engine that made it.
#[must_use]
pub fn is_recruit(pid: u32) -> bool {
    process_name::is_of(PROCESS_NAME, pid)
}

/// Waits for the first packet and becomes what it says. Returns the exit status.
pub(crate) fn run() -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let taken = doing("take over the channel", take_stdin());
    // Where that failed it is still there, and whoever gives the order hears why nobody carries it out.
    let channel = taken.as_ref().map_or_else(|_| stdin(), AsFd::as_fd);
    let mut buffer = vec![0; MAX_PACKET];
    let packet = match receive(channel, &mut buffer) {
        Ok(packet) => packet,
        Err(failure) => return answer(channel, &failure),
    };
    let words = &buffer[..packet.length];
    match taken {
        // Its engine has ended, or does not need it.
        _ if words.is_empty() => 0,
        Ok(channel) => match words.strip_prefix(WAIT) {
            Some(cgroup) => send_ahead(channel, &String::from_utf8_lossy(cgroup)),
            None if words == ORDER => keeper::begin(channel, packet.descriptors),
            None => birth::begin(channel, words, packet.descriptors),
        },
        Err(failure) if words == ORDER => keeper::fail(stdin(), failure),
        Err(failure) => answer(stdin(), &failure),
    }
}

fn receive(channel: impl AsFd, buffer: &mut [u8]) -> Result<Packet, Failure> {
    doing("receive an order", packet::receive(channel, buffer))
}

/// Makes the copy that waits.
fn send_ahead(channel: OwnedFd, cgroup: &str) -> i32 {
    // The copy takes it out of its own memory; in this process it stays.
    let mut taken = Some(channel);
    let copied = copy(cgroup, |left| match (left, taken.take()) {
        (Ok(()), Some(channel)) => wait(channel),
        _ => 1,
    });
    match (copied, taken) {
        (Err(failure), Some(channel)) => answer(&channel, &failure),
        _ => 0,
    }
}

/// The copy's life until it is told what it is. One that cannot wait ends: whoever has the order gives it to another process.
fn wait(channel: OwnedFd) -> i32 {
    let Ok(equipment) = Equipment::gather() else { return 1 };
    // Nobody else says so: while this process has the channel, an engine would wait for ever for one that was killed meanwhile.
    if say_who_waits(&channel).is_err() {
        return 1;
    }
    let mut buffer = vec![0; MAX_PACKET];
    let packet = match receive(&channel, &mut buffer) {
        Ok(packet) => packet,
        Err(failure) => return answer(&channel, &failure),
    };
    match &buffer[..packet.length] {
        [] => 0,
        ORDER => keeper::carry_on(&channel, packet.descriptors, equipment),
        request => birth::carry_on(channel, request, packet.descriptors, equipment),
    }
}

fn say_who_waits(channel: &OwnedFd) -> io::Result<()> {
    packet::send(channel, WAITING, &[pidfd::open(process::id())?.as_fd()])
}
