//! The ways that a route leads.

use std::net::IpAddr;

use crate::attribute::{Attribute, Attributes, Malformed, ip};
use crate::message::Messages;

use super::address::{family, octets};
use super::constants::{RTA_GATEWAY, RTA_MULTIPATH, RTA_OIF, RTA_VIA};

/// The length of `struct rtnexthop`.
const HOP_HEADER: usize = 8;

/// Where a packet goes next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct NextHop {
    /// The index of the link that it leaves by.
    pub link: Option<u32>,
    /// The router; none when the destination is on the link.
    pub gateway: Option<IpAddr>,
}

impl NextHop {
    fn encode_gateway(&self, destination: IpAddr, message: &mut Messages) {
        let Some(gateway) = self.gateway else { return };
        if gateway.is_ipv4() == destination.is_ipv4() {
            message.attribute(RTA_GATEWAY, &octets(gateway));
        } else {
            let family = u16::from(family(gateway)).to_ne_bytes();
            message.attribute(RTA_VIA, &[family.to_vec(), octets(gateway)].concat());
        }
    }

    /// Takes its router over, where the attribute is one.
    pub(super) fn take_gateway(&mut self, attribute: Attribute<'_>) -> Result<(), Malformed> {
        match attribute.kind {
            RTA_GATEWAY => self.gateway = Some(attribute.ip()?),
            RTA_VIA => self.gateway = Some(ip(attribute.value.get(2..).unwrap_or_default())?),
            _ => {}
        }
        Ok(())
    }
}

/// Adds the ways to `destination`.
pub(super) fn encode_hops(destination: IpAddr, hops: &[NextHop], message: &mut Messages) {
    let [hop] = hops else {
        if !hops.is_empty() {
            message.attribute(RTA_MULTIPATH, &multipath(destination, hops));
        }
        return;
    };
    if let Some(link) = hop.link {
        message.u32(RTA_OIF, link);
    }
    hop.encode_gateway(destination, message);
}

/// Several `struct rtnexthop`, each with its attributes.
fn multipath(destination: IpAddr, hops: &[NextHop]) -> Vec<u8> {
    let hop = |hop: &NextHop| {
        let mut attributes = Messages::new(0);
        hop.encode_gateway(destination, &mut attributes);
        let attributes = attributes.finish().unwrap_or_default();
        let length = u16::try_from(HOP_HEADER + attributes.len()).unwrap_or(u16::MAX).to_ne_bytes();
        [&length[..], &[0, 0], &hop.link.unwrap_or(0).to_ne_bytes(), &attributes].concat()
    };
    hops.iter().flat_map(hop).collect()
}

/// Reads several `struct rtnexthop`.
pub(super) fn hops(mut bytes: &[u8]) -> Result<Vec<NextHop>, Malformed> {
    let mut hops = Vec::new();
    while let Some((&[l, m, _, _, a, b, c, d], _)) = bytes.split_first_chunk::<HOP_HEADER>() {
        let length = usize::from(u16::from_ne_bytes([l, m]));
        let attributes = bytes.get(HOP_HEADER..length).ok_or(Malformed("length of a next hop"))?;
        let mut hop = NextHop { link: Some(u32::from_ne_bytes([a, b, c, d])), gateway: None };
        for attribute in Attributes::of(attributes) {
            hop.take_gateway(attribute?)?;
        }
        hops.push(hop);
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(hops)
}
