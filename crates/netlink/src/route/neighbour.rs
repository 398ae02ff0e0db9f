//! Entries of neighbour tables: which hardware address an IP address has on a link, and behind which port of a bridge that one is.

use std::net::IpAddr;

use crate::message::{Messages, flags};

use corten_spec::mac_address::MacAddress;

use super::address::{family, octets};
use super::constants::{
    AF_BRIDGE, NDA_DST, NDA_LLADDR, NTF_MASTER, NTF_STICKY, NUD_NOARP, RTM_DELNEIGH, RTM_NEWNEIGH,
};

/// The neighbour that has an address on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Neighbour {
    /// The index of the link.
    pub link: u32,
    /// Its address.
    pub address: IpAddr,
}

/// Which port of a bridge leads to a hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Forwarding {
    /// The index of the port.
    pub port: u32,
    /// Who is behind it.
    pub mac: MacAddress,
}

impl Forwarding {
    pub(super) fn encode(&self, messages: &mut Messages) {
        let mut header = [0; 12];
        header[0] = AF_BRIDGE;
        header[4..8].copy_from_slice(&self.port.to_ne_bytes());
        header[8..10].copy_from_slice(&NUD_NOARP.to_ne_bytes());
        header[10] = NTF_MASTER | NTF_STICKY;
        let set = flags::REQUEST | flags::ACK | flags::CREATE | flags::REPLACE;
        messages.message(RTM_NEWNEIGH, set, &header, |message| message.attribute(NDA_LLADDR, &self.mac.0));
    }
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
