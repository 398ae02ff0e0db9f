//! The engines that are connected just now: their requests in, replies and announcements out.
//!
//! A connection that does not take its replies is dropped: its socket holds hundreds, so it stopped reading long ago.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use corten_sys::packet;
use rustix::event::PollFlags;

use crate::control::parse;
use crate::poll::{PollSet, Token};
use crate::protocol::{MAX_PACKET, Reply, Request};
use crate::reexecution::{Incoming, Outgoing, ResumeError};
use crate::refusal::Refusal;

/// How many connections there may be; more wait in the socket's backlog.
const LIMIT: usize = 128;

/// The key of the connection that started the container.
pub(crate) const STARTER: u32 = 0;

/// The connections of a monitor.
#[derive(Debug)]
pub(crate) struct Connections {
    list: Vec<Connection>,
    next_key: u32,
}

#[derive(Debug)]
struct Connection {
    key: u32,
    socket: OwnedFd,
}

/// What came over a connection.
#[derive(Debug)]
pub(crate) enum Received {
    /// A request with its descriptors.
    Request(Request, Vec<OwnedFd>),
    /// Something that is none; its sender is still there.
    Malformed(Refusal),
    /// Nothing just now.
    Nothing,
    /// The end: the connection is forgotten.
    End,
}

impl Connections {
    /// The starter's alone. Its socket does not block.
    pub(crate) fn new(starter: OwnedFd) -> Self {
        Self { list: vec![Connection { key: STARTER, socket: starter }], next_key: STARTER + 1 }
    }

    /// Whether another may be accepted.
    pub(crate) fn has_room(&self) -> bool {
        self.list.len() < LIMIT
    }

    /// Closes all but the connection of whoever started the container, if that one is still there.
    pub(crate) fn into_starter(self) -> Option<OwnedFd> {
        self.list.into_iter().find(|connection| connection.key == STARTER).map(|connection| connection.socket)
    }

    pub(crate) fn add(&mut self, socket: OwnedFd) {
        self.list.push(Connection { key: self.next_key, socket });
        self.next_key += 1;
    }

    pub(crate) fn register<'a>(&'a self, set: &mut PollSet<'a>) {
        for connection in &self.list {
            set.add(connection.socket.as_fd(), PollFlags::IN, Token::Connection(connection.key));
        }
    }

    /// Takes one packet. `buffer` has at least [`MAX_PACKET`] bytes.
    pub(crate) fn receive(&mut self, key: u32, buffer: &mut [u8]) -> Received {
        let Some(connection) = self.list.iter().find(|connection| connection.key == key) else {
            return Received::Nothing;
        };
        match packet::receive_now(&connection.socket, &mut buffer[..MAX_PACKET]) {
            Ok(packet) if packet.length == 0 => self.end(key),
            Ok(packet) => match parse(&buffer[..packet.length]) {
                Ok(request) => Received::Request(request, packet.descriptors),
                Err(refusal) => Received::Malformed(refusal),
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Received::Nothing,
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::MSGSIZE.raw_os_error()) => {
                Received::Malformed(Refusal::invalid("the request or its list of descriptors is too long"))
            }
            Err(_) => self.end(key),
        }
    }

    /// Sends a reply, where its receiver still is there.
    pub(crate) fn reply(&mut self, key: u32, reply: &Reply) {
        let Some(connection) = self.list.iter().find(|connection| connection.key == key) else { return };
        let sent = serde_json::to_vec(reply)
            .map_err(io::Error::from)
            .and_then(|bytes| packet::send(&connection.socket, &bytes, &[]));
        if sent.is_err() {
            self.end(key);
        }
    }

    fn end(&mut self, key: u32) -> Received {
        self.list.retain(|connection| connection.key != key);
        Received::End
    }

    /// As they cross a re-execution: keys and where the descriptors went.
    pub(crate) fn save<'a>(&'a self, outgoing: &mut Outgoing<'a>) -> (u32, Vec<(u32, u32)>) {
        let slot = |connection: &'a Connection| (connection.key, outgoing.put(connection.socket.as_fd()));
        (self.next_key, self.list.iter().map(slot).collect())
    }

    /// The connections again.
    ///
    /// # Errors
    /// Where a descriptor is missing.
    pub(crate) fn restore(
        (next_key, saved): (u32, Vec<(u32, u32)>),
        incoming: &mut Incoming,
    ) -> Result<Self, ResumeError> {
        let mut list = Vec::new();
        for (key, slot) in saved {
            list.push(Connection { key, socket: incoming.take(slot)? });
        }
        Ok(Self { list, next_key })
    }
}
