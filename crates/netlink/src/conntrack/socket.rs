//! The socket for the connections of one namespace.

use rustix::io::Errno;
use rustix::net::netlink::NETFILTER;

use crate::error::NetlinkError;
use crate::socket::Socket;

use super::constants::{GET, NEW};
use super::entry::Entry;
use super::filter::Filter;

/// How many deletions go in one packet: their acknowledgements must fit the socket's buffer.
const AT_ONCE: usize = 64;
/// Every family.
const HEADER: [u8; 4] = [0; 4];

/// A socket of connection tracking. It stays in the namespace that it was opened in, whichever thread uses it.
#[derive(Debug)]
pub struct ConntrackSocket {
    socket: Socket,
}

impl ConntrackSocket {
    /// One in the calling thread's network namespace.
    ///
    /// # Errors
    /// What socket(2) says.
    pub fn open() -> Result<Self, NetlinkError> {
        Ok(Self { socket: Socket::open(Some(NETFILTER), 0)? })
    }

    /// The connections that any of the filters means. The kernel lists all, so this takes as long as there are many.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn entries(&mut self, filters: &[Filter]) -> Result<Vec<Entry>, NetlinkError> {
        let operation = "list tracked connections";
        let read = |kind, body: &[u8]| {
            let entry = if kind == NEW { Entry::decode(body)? } else { None };
            Ok(entry.filter(|entry| filters.iter().any(|filter| filter.matches(entry))))
        };
        let listed = self.socket.dump((GET, &HEADER), |_| {}, operation, read)?;
        listed.map_err(|source| NetlinkError::Refused { operation: operation.to_owned(), source })
    }

    /// Forgets the connections that any of the filters means; how many there were. Their next packet begins a new one.
    ///
    /// # Errors
    /// What the kernel says, but for connections that end meanwhile.
    pub fn delete(&mut self, filters: &[Filter]) -> Result<usize, NetlinkError> {
        let operation = "forget a tracked connection";
        let entries = self.entries(filters)?;
        for entries in entries.chunks(AT_ONCE) {
            let mut messages = self.socket.messages();
            entries.iter().for_each(|entry| entry.encode_delete(&mut messages));
            let refused = self.socket.transact(messages, operation)?;
            let gone = Errno::NOENT.raw_os_error();
            if let Some((_, source)) = refused.into_iter().find(|(_, refusal)| refusal.errno != gone) {
                return Err(NetlinkError::Refused { operation: operation.to_owned(), source });
            }
        }
        Ok(entries.len())
    }
}
