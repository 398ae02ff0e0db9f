//! Entries of neighbour tables: which hardware address an IP address has on a link.

use std::net::IpAddr;

use crate::message::{Messages, flags};

use super::address::{family, octets};
use super::constants::{NDA_DST, RTM_DELNEIGH};

/// The neighbour that has an address on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Neighbour {
    /// The index of the link.
    pub link: u32,
    /// Its address.
    pub address: IpAddr,
}

impl Neighbour {
    pub(super) fn encode_delete(&self, messages: &mut Messages) {
        // struct ndmsg: family, padding, index, state, flags, type.
        let mut header = [0; 12];
        header[0] = family(self.address);
        header[4..8].copy_from_slice(&self.link.to_ne_bytes());
        messages.message(RTM_DELNEIGH, flags::REQUEST | flags::ACK, &header, |message| {
            message.attribute(NDA_DST, &octets(self.address));
        });
    }
}
