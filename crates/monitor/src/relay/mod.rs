//! The process that holds a container's published ports, and passes on what the firewall's table does not send to the container itself:
//! what comes to ::1, to IPv6 where the container has none, or while somebody has flushed the table.
//!
//! An engine starts it and hands over sockets that are bound already, before the container starts. It makes connections to the container's addresses and nothing
//! else, and ends with the container. A client that comes through here is seen under the host's address.

mod client;
mod datagrams;
mod order;
mod streams;

use std::os::fd::{AsFd as _, OwnedFd};

use corten_spec::port::Protocol;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::birth::{copy, join, leave_the_engine, take_stdin};
use crate::confinement::confine_with;
use crate::filter::CONNECTING;
use crate::moment::Moment;
use crate::poll::timespec;
use crate::process_name;
use datagrams::Datagrams;
use order::{Held, Order};
use streams::Streams;

pub use client::{AT_ONCE, Relay};
pub use order::Listening;

/// The second word of its command line.
pub(crate) const RELAY: &str = "--relay";

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-relay";

/// What passes through in one read: as much as a pipe holds.
const BUFFER: usize = 64 * 1024;

/// Whether a process in the cgroup of monitors is a relay: it ends with its container.
#[must_use]
pub fn is_relay(pid: u32) -> bool {
    process_name::is_of(PROCESS_NAME, pid)
}

/// Is a relay. Returns the exit status; nobody asks for it.
pub(crate) fn run() -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    may_hold_all_that_it_can();
    let Ok(channel) = take_stdin() else { return 1 };
    let Ok(order) = order::receive(&channel) else { return 1 };
    drop(channel);
    let cgroup = order.monitor_cgroup.clone();
    let mut order = Some(order);
    match copy(&cgroup, |tasks| move_in(tasks, order.take())) {
        Ok(()) => 0,
        Err(_) => 1,
    }
}

/// The usual limit of open files is for programs that call select(2), not for one that has a socket for each port. Nothing that this process
/// starts inherits it.
fn may_hold_all_that_it_can() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where that is refused, the usual number of ports can be held.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// The copy's life.
fn move_in(tasks: Vec<OwnedFd>, order: Option<Order>) -> i32 {
    let Some(order) = order else { return 1 };
    join(tasks);
    if leave_the_engine().is_err() || confine_with(&[], CONNECTING).is_err() {
        return 1;
    }
    let mut listeners: Vec<Listener> = order.held.into_iter().map(Listener::new).collect();
    let mut buffer = vec![0; BUFFER];
    corten_sys::memory::give_back();
    while !round(&order.init, &mut listeners, &mut buffer) {}
    0
}

/// A published port.
#[derive(Debug)]
enum Listener {
    Streams(Streams),
    Datagrams(Datagrams),
}

impl Listener {
    fn new(held: Held) -> Self {
        match held.listening.protocol() {
            Protocol::Udp => Self::Datagrams(Datagrams::new(held.socket, held.listening.target)),
            _ => Self::Streams(Streams::new(held.socket, held.listening.target)),
        }
    }

    fn register<'a>(&'a self, set: &mut Vec<PollFd<'a>>) {
        match self {
            Self::Streams(streams) => streams.register(set),
            Self::Datagrams(datagrams) => datagrams.register(set),
        }
    }

    fn serve(&mut self, events: &[PollFlags], buffer: &mut [u8], now: Moment) {
        match self {
            Self::Streams(streams) => streams.serve(events, buffer),
            Self::Datagrams(datagrams) => datagrams.serve(events, buffer, now),
        }
    }

    fn deadline(&self) -> Option<Moment> {
        match self {
            Self::Streams(_) => None,
            Self::Datagrams(datagrams) => datagrams.deadline(),
        }
    }
}

/// Waits once, and serves what is ready. Returns whether the container has ended.
fn round(init: &OwnedFd, listeners: &mut [Listener], buffer: &mut [u8]) -> bool {
    let deadline = listeners.iter().filter_map(Listener::deadline).min();
    let timeout = deadline.map(|deadline| timespec(deadline.from(Moment::now())));
    let mut set = vec![PollFd::from_borrowed_fd(init.as_fd(), PollFlags::IN)];
    let mut places = Vec::with_capacity(listeners.len());
    for listener in listeners.iter() {
        let first = set.len();
        listener.register(&mut set);
        places.push(first..set.len());
    }
    // An interrupted poll only means one look more.
    let _ = poll(&mut set, timeout.as_ref());
    let events: Vec<PollFlags> = set.iter().map(PollFd::revents).collect();
    drop(set);
    let now = Moment::now();
    for (listener, place) in listeners.iter_mut().zip(places) {
        listener.serve(&events[place], buffer, now);
    }
    !events[0].is_empty()
}
