//! Who changes nftables: what the kernel announces after each transaction.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::net::netlink::NETFILTER;

use crate::attribute::{Attributes, Malformed};
use crate::error::NetlinkError;
use crate::reply::{Content, Replies};
use crate::socket::{Socket, malformed};

use super::constants::message::{DELETE_TABLE, NEW_GENERATION};
use super::constants::{GROUP, NFTA_GEN_ID, NFTA_TABLE_NAME, SUBSYSTEM};
use super::family::Table;
use super::listing::table;

/// What happened to the tables of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A table is gone, with all that was in it.
    TableDeleted(Table),
    /// A transaction is complete: the tables are of a new generation.
    Generation(u32),
    /// More happened than the socket could hold: whoever watches has to look.
    Lost,
}

/// A socket that hears what happens to the tables of one namespace.
#[derive(Debug)]
pub struct NftWatch {
    socket: Socket,
}

impl NftWatch {
    /// One that hears from now on, in the calling thread's network namespace.
    ///
    /// # Errors
    /// What socket(2) says; bind(2) wants `CAP_NET_ADMIN`.
    pub fn open() -> Result<Self, NetlinkError> {
        Ok(Self { socket: Socket::open(Some(NETFILTER), GROUP)? })
    }

    /// What has happened; nothing when nothing has. It never waits: its descriptor can be polled.
    ///
    /// # Errors
    /// What recv(2) says; what arrives is not what nftables documents.
    pub fn events(&mut self) -> Result<Vec<Event>, NetlinkError> {
        let mut events = Vec::new();
        loop {
            let packet = match self.socket.packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(events),
                Err(NetlinkError::Lost) => {
                    events.push(Event::Lost);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let read =
                Event::decode(packet).map_err(|source| malformed("hear of changes of nftables", source))?;
            events.extend(read);
        }
    }
}

impl AsFd for NftWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Event {
    /// Those in a packet.
    ///
    /// # Errors
    /// When it is not what nftables documents.
    pub fn decode(packet: &[u8]) -> Result<Vec<Self>, Malformed> {
        const TABLE_DELETED: u16 = SUBSYSTEM << 8 | DELETE_TABLE;
        const GENERATION: u16 = SUBSYSTEM << 8 | NEW_GENERATION;
        let mut events = Vec::new();
        for reply in Replies::of(packet) {
            match reply?.content {
                Content::Message { kind: TABLE_DELETED, body } => {
                    events.push(Self::TableDeleted(table(body, NFTA_TABLE_NAME)?));
                }
                Content::Message { kind: GENERATION, body } => {
                    events.push(Self::Generation(generation(body)?));
                }
                _ => {}
            }
        }
        Ok(events)
    }
}

/// Reads the body of an `NFT_MSG_NEWGEN`.
pub(super) fn generation(body: &[u8]) -> Result<u32, Malformed> {
    Attributes::after(body, 4)?.find(NFTA_GEN_ID)?.ok_or(Malformed("generation without a number"))?.be32()
}
