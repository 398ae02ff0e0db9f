//! The process that holds a container's published ports, and passes on what the firewall's table does not send to the container itself:
//! what comes to ::1, to IPv6 where the container has none, or while somebody has flushed the table.
//!
//! An engine starts it and hands over sockets that are bound already, before the container starts. It makes connections to the container's addresses
//! and nothing else, and ends with the container. A client that comes through here is seen under the host's address.

mod client;
mod datagrams;
mod joint;
mod order;
mod pipes;
mod port;
mod streams;
mod watch;

use std::os::fd::OwnedFd;

use corten_spec::port::Protocol;
use rustix::event::Timespec;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::birth::take_stdin;
use crate::confinement::confine;
use crate::copy::copy;
use crate::filter::{CONNECTING, compile};
use crate::moment::Moment;
use crate::poll::timespec;
use crate::process_name;
use datagrams::Datagrams;
use joint::{End, Scratch};
use order::{Held, Order};
use port::Port;
use streams::Streams;
use watch::{Source, Watch};

pub use client::{AT_ONCE, Relay};
pub use order::Listening;

/// The second word of its command line.
pub(crate) const RELAY: &str = "--relay";

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-relay";

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
    let copied = copy(&cgroup, |left| match (left, order.take()) {
        (Ok(()), Some(order)) => serve(order),
        _ => 1,
    });
    i32::from(copied.is_err())
}

/// The usual limit of open files is for programs that call select(2), not for one that has a socket for each port. Nothing that this process
/// starts inherits it.
fn may_hold_all_that_it_can() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where that is refused, the usual number of ports can be held.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// The copy's life.
fn serve(order: Order) -> i32 {
    let Ok(mut service) = Service::new(order.init, order.held) else { return 1 };
    if compile(CONNECTING).and_then(|filter| confine(&[], &filter)).is_err() {
        return 1;
    }
    corten_sys::memory::give_back();
    while !service.round() {}
    0
}

/// Everything that there is to serve.
#[derive(Debug)]
struct Service {
    watch: Watch,
    /// It becomes readable with the end of the container.
    _init: OwnedFd,
    streams: Streams,
    datagrams: Vec<Datagrams>,
    scratch: Scratch,
}

impl Service {
    fn new(init: OwnedFd, held: Vec<Held>) -> rustix::io::Result<Self> {
        let watch = Watch::new()?;
        watch.level(&init, Source::Container)?;
        let (mut streams, mut datagrams) = (Streams::default(), Vec::new());
        for Held { socket, listening } in held {
            match listening.protocol() {
                Protocol::Udp => {
                    watch.level(&socket, Source::Datagrams(datagrams.len()))?;
                    datagrams.push(Datagrams::new(socket, listening.target));
                }
                _ => streams.add(Port::new(socket, listening.target), &watch)?,
            }
        }
        Ok(Self { watch, _init: init, streams, datagrams, scratch: Scratch::new() })
    }

    /// Waits once, and serves what is ready. Returns whether the container has ended.
    fn round(&mut self) -> bool {
        let timeout = if self.streams.is_busy() {
            Some(Timespec::default())
        } else {
            let deadline = self.datagrams.iter().filter_map(Datagrams::deadline).min();
            deadline.map(|deadline| timespec(deadline.from(Moment::now())))
        };
        let mut has_ended = false;
        let events = self.watch.wait(timeout.as_ref());
        for (source, flags) in events {
            match source {
                Source::Container => has_ended = true,
                Source::Port(place) => self.streams.accept(place, &self.watch),
                Source::Datagrams(place) => self.serve_datagrams(place),
                Source::Client(place) => self.streams.note(place, End::Client, flags),
                Source::Inside(place) => self.streams.note(place, End::Inside, flags),
            }
        }
        self.streams.advance(&self.watch, &mut self.scratch);
        if !self.datagrams.is_empty() {
            let now = Moment::now();
            self.datagrams.iter_mut().for_each(|datagrams| datagrams.forget_silent(now));
        }
        has_ended
    }

    fn serve_datagrams(&mut self, place: usize) {
        let Some(datagrams) = self.datagrams.get_mut(place) else { return };
        datagrams.serve_ready(&mut self.scratch.buffer, Moment::now());
        datagrams.watch_clients(&self.watch, place);
    }
}

#[cfg(test)]
mod tests;
