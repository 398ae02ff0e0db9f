//! Addresses of links.

use std::net::{IpAddr, Ipv4Addr};

use crate::attribute::{Attributes, Malformed};
use crate::ip_prefix::IpPrefix;
use crate::message::{Messages, flags};

use super::constants::{
    AF_INET, AF_INET6, IFA_ADDRESS, IFA_BROADCAST, IFA_F_NODAD, IFA_LOCAL, RTM_DELADDR, RTM_NEWADDR,
};

/// The length of `struct ifaddrmsg`.
const HEADER: usize = 8;

/// An address that a link has, or is to have.
///
/// Whoever hands out addresses knows that they are free: an IPv6 address is usable at once, without duplicate address
/// detection (`IFA_F_NODAD`). An IPv4 network of four addresses or more gets its last one as broadcast address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address {
    /// The index of the link.
    pub link: u32,
    /// The address, within its network.
    pub prefix: IpPrefix,
}

impl Address {
    pub(super) fn encode_add(&self, messages: &mut Messages) {
        let kind = flags::REQUEST | flags::ACK | flags::CREATE | flags::EXCLUSIVE;
        messages.message(RTM_NEWADDR, kind, &self.header(), |message| {
            self.encode_address(message);
            if let (IpAddr::V4(_), 0..=30) = (self.prefix.address, self.prefix.length) {
                message.attribute(IFA_BROADCAST, &octets(self.prefix.range().1));
            }
        });
    }

    pub(super) fn encode_delete(&self, messages: &mut Messages) {
        let kind = flags::REQUEST | flags::ACK;
        messages.message(RTM_DELADDR, kind, &self.header(), |message| self.encode_address(message));
    }

    fn encode_address(&self, message: &mut Messages) {
        let address = octets(self.prefix.address);
        message.attribute(IFA_LOCAL, &address);
        message.attribute(IFA_ADDRESS, &address);
    }

    fn header(&self) -> [u8; HEADER] {
        let (family, flags) = match self.prefix.address {
            IpAddr::V4(_) => (AF_INET, 0),
            IpAddr::V6(_) => (AF_INET6, IFA_F_NODAD),
        };
        let [a, b, c, d] = self.link.to_ne_bytes();
        [family, self.prefix.length, flags, 0, a, b, c, d]
    }

    /// Reads the body of an `RTM_NEWADDR`; none when it is of another family.
    ///
    /// # Errors
    /// When it is not what rtnetlink(7) says.
    pub fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let &[family, length, _, _, a, b, c, d] =
            body.first_chunk::<HEADER>().ok_or(Malformed("address is short"))?;
        if family != AF_INET && family != AF_INET6 {
            return Ok(None);
        }
        let (mut local, mut address) = (None, None);
        for attribute in Attributes::after(body, HEADER)? {
            let attribute = attribute?;
            match attribute.kind {
                IFA_LOCAL => local = Some(attribute.ip()?),
                IFA_ADDRESS => address = Some(attribute.ip()?),
                _ => {}
            }
        }
        // On a link to one peer, IFA_ADDRESS is the peer's.
        let address = local.or(address).ok_or(Malformed("address without an address"))?;
        Ok(Some(Self { link: u32::from_ne_bytes([a, b, c, d]), prefix: prefix(address, length)? }))
    }
}

/// A prefix whose length fits the address.
pub(super) fn prefix(address: IpAddr, length: u8) -> Result<IpPrefix, Malformed> {
    let most = if address.is_ipv4() { Ipv4Addr::BITS } else { 128 };
    if u32::from(length) > most {
        return Err(Malformed("length of a prefix"));
    }
    Ok(IpPrefix { address, length })
}

pub(super) fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

pub(super) fn family(address: IpAddr) -> u8 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}
