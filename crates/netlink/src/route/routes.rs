//! Routes of both families.

use std::fmt;
use std::net::IpAddr;

use crate::attribute::{Attribute, Attributes, Malformed, ip};
use crate::ip_prefix::IpPrefix;
use crate::message::{Messages, flags};

use super::MAIN_TABLE;
use super::address::{family, octets, prefix};
use super::constants::{
    AF_INET, AF_INET6, RTA_DST, RTA_GATEWAY, RTA_MULTIPATH, RTA_OIF, RTA_PREFSRC, RTA_PRIORITY, RTA_TABLE,
    RTA_VIA, RTM_DELROUTE, RTM_F_CLONED, RTM_NEWROUTE, RTPROT_STATIC,
};

/// The length of `struct rtmsg`.
const HEADER: usize = 12;
/// The length of `struct rtnexthop`.
const HOP_HEADER: usize = 8;

/// What is done with packets (`RTN_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RouteKind(pub u8);

impl RouteKind {
    /// They are sent on.
    pub const UNICAST: Self = Self(1);
    /// They are for this host.
    pub const LOCAL: Self = Self(2);
    /// They are for everyone on the link.
    pub const BROADCAST: Self = Self(3);
    /// They are dropped silently.
    pub const BLACKHOLE: Self = Self(6);
    /// They are refused: host unreachable.
    pub const UNREACHABLE: Self = Self(7);
    /// They are refused: administratively prohibited.
    pub const PROHIBIT: Self = Self(8);
}

/// How far the destination is (`RT_SCOPE_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope(pub u8);

impl Scope {
    /// Behind a gateway.
    pub const UNIVERSE: Self = Self(0);
    /// On the link.
    pub const LINK: Self = Self(253);
    /// On this host.
    pub const HOST: Self = Self(254);
    /// Any: of what is to be deleted.
    pub const NOWHERE: Self = Self(255);
}

/// Where a packet goes next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct NextHop {
    /// The index of the link that it leaves by.
    pub link: Option<u32>,
    /// The router; none when the destination is on the link.
    pub gateway: Option<IpAddr>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    /// The network that it leads to; a length of 0 is the default route.
    pub destination: IpPrefix,
    /// The ways that packets are spread over; none for kinds that go nowhere.
    pub hops: Vec<NextHop>,
    /// The address that packets of this host get as their source.
    pub source: Option<IpAddr>,
    /// The routing table.
    pub table: u32,
    /// What it does.
    pub kind: RouteKind,
    /// How far it leads.
    pub scope: Scope,
    /// The metric: the least wins; 0 where the kernel shows none.
    pub priority: u32,
}

impl Route {
    /// The default route by way of a router on a link, in the main table.
    pub fn default_via(gateway: IpAddr, link: u32) -> Self {
        let hop = NextHop { link: Some(link), gateway: Some(gateway) };
        Self { hops: vec![hop], scope: Scope::UNIVERSE, ..Self::on_link(IpPrefix::everything(gateway), link) }
    }

    /// A network that is on a link, in the main table.
    pub fn on_link(destination: IpPrefix, link: u32) -> Self {
        Self {
            destination,
            hops: vec![NextHop { link: Some(link), gateway: None }],
            source: None,
            table: MAIN_TABLE,
            kind: RouteKind::UNICAST,
            scope: Scope::LINK,
            priority: 0,
        }
    }

    /// Whether it is for all that has no other route.
    pub fn is_default(&self) -> bool {
        self.destination.length == 0
    }

    pub(super) fn encode_add(&self, messages: &mut Messages) {
        self.encode(RTM_NEWROUTE, flags::REQUEST | flags::ACK | flags::CREATE | flags::EXCLUSIVE, messages);
    }

    pub(super) fn encode_delete(&self, messages: &mut Messages) {
        self.encode(RTM_DELROUTE, flags::REQUEST | flags::ACK, messages);
    }

    fn encode(&self, message: u16, flags: u16, messages: &mut Messages) {
        // struct rtmsg: family, two prefix lengths, tos, table, protocol, scope, type, flags.
        let mut header = [0; HEADER];
        header[0] = family(self.destination.address);
        header[1] = self.destination.length;
        header[4] = u8::try_from(self.table).unwrap_or(0);
        header[5] = if message == RTM_NEWROUTE { RTPROT_STATIC } else { 0 };
        header[6] = self.scope.0;
        header[7] = self.kind.0;
        messages.message(message, flags, &header, |message| {
            message.u32(RTA_TABLE, self.table);
            if self.destination.length > 0 {
                message.attribute(RTA_DST, &octets(self.destination.range().0));
            }
            if self.priority > 0 {
                message.u32(RTA_PRIORITY, self.priority);
            }
            if let Some(source) = self.source {
                message.attribute(RTA_PREFSRC, &octets(source));
            }
            self.encode_hops(message);
        });
    }

    fn encode_hops(&self, message: &mut Messages) {
        let [hop] = self.hops.as_slice() else {
            if !self.hops.is_empty() {
                message.attribute(RTA_MULTIPATH, &self.multipath());
            }
            return;
        };
        if let Some(link) = hop.link {
            message.u32(RTA_OIF, link);
        }
        self.encode_gateway(hop, message);
    }

    fn encode_gateway(&self, hop: &NextHop, message: &mut Messages) {
        let Some(gateway) = hop.gateway else { return };
        if gateway.is_ipv4() == self.destination.address.is_ipv4() {
            message.attribute(RTA_GATEWAY, &octets(gateway));
        } else {
            let family = u16::from(family(gateway)).to_ne_bytes();
            message.attribute(RTA_VIA, &[family.to_vec(), octets(gateway)].concat());
        }
    }

    /// Several `struct rtnexthop`, each with its attributes.
    fn multipath(&self) -> Vec<u8> {
        let hop = |hop: &NextHop| {
            let mut attributes = Messages::new(0);
            self.encode_gateway(hop, &mut attributes);
            let attributes = attributes.finish().unwrap_or_default();
            let length = u16::try_from(HOP_HEADER + attributes.len()).unwrap_or(u16::MAX).to_ne_bytes();
            [&length[..], &[0, 0], &hop.link.unwrap_or(0).to_ne_bytes(), &attributes].concat()
        };
        self.hops.iter().flat_map(hop).collect()
    }

    /// Reads the body of an `RTM_NEWROUTE`; none when it is of another family or a copy that the kernel made of another.
    ///
    /// # Errors
    /// When it is not what rtnetlink(7) says.
    pub fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let &[family, length, _, _, table, _, scope, kind, a, b, c, d] =
            body.first_chunk::<HEADER>().ok_or(Malformed("route is short"))?;
        let nowhere: IpAddr = match family {
            AF_INET => [0; 4].into(),
            AF_INET6 => [0; 16].into(),
            _ => return Ok(None),
        };
        if u32::from_ne_bytes([a, b, c, d]) & RTM_F_CLONED != 0 {
            return Ok(None);
        }
        let mut route = Self {
            destination: prefix(nowhere, length)?,
            hops: Vec::new(),
            source: None,
            table: table.into(),
            kind: RouteKind(kind),
            scope: Scope(scope),
            priority: 0,
        };
        let mut hop = NextHop::default();
        for attribute in Attributes::after(body, HEADER)? {
            route.take(attribute?, &mut hop)?;
        }
        if route.hops.is_empty() && hop != NextHop::default() {
            route.hops.push(hop);
        }
        Ok(Some(route))
    }

    fn take(&mut self, attribute: Attribute<'_>, hop: &mut NextHop) -> Result<(), Malformed> {
        match attribute.kind {
            RTA_DST => self.destination = prefix(attribute.ip()?, self.destination.length)?,
            RTA_TABLE => self.table = attribute.u32()?,
            RTA_PRIORITY => self.priority = attribute.u32()?,
            RTA_PREFSRC => self.source = Some(attribute.ip()?),
            RTA_MULTIPATH => self.hops = hops(attribute.value)?,
            RTA_OIF => hop.link = Some(attribute.u32()?),
            _ => take_gateway(attribute, hop)?,
        }
        Ok(())
    }
}

fn take_gateway(attribute: Attribute<'_>, hop: &mut NextHop) -> Result<(), Malformed> {
    match attribute.kind {
        RTA_GATEWAY => hop.gateway = Some(attribute.ip()?),
        RTA_VIA => hop.gateway = Some(ip(attribute.value.get(2..).unwrap_or_default())?),
        _ => {}
    }
    Ok(())
}

fn hops(mut bytes: &[u8]) -> Result<Vec<NextHop>, Malformed> {
    let mut hops = Vec::new();
    while let Some((&[l, m, _, _, a, b, c, d], _)) = bytes.split_first_chunk::<HOP_HEADER>() {
        let length = usize::from(u16::from_ne_bytes([l, m]));
        let attributes = bytes.get(HOP_HEADER..length).ok_or(Malformed("length of a next hop"))?;
        let mut hop = NextHop { link: Some(u32::from_ne_bytes([a, b, c, d])), gateway: None };
        for attribute in Attributes::of(attributes) {
            take_gateway(attribute?, &mut hop)?;
        }
        hops.push(hop);
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(hops)
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.destination)?;
        for hop in &self.hops {
            if let Some(gateway) = hop.gateway {
                write!(f, " via `{gateway}`")?;
            }
            if let Some(link) = hop.link {
                write!(f, " on link {link}")?;
            }
        }
        Ok(())
    }
}
