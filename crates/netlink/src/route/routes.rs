//! Routes of both families.

use std::fmt;
use std::net::IpAddr;

use crate::attribute::{Attribute, Attributes, Malformed};
use crate::ip_prefix::IpPrefix;
use crate::message::{Messages, flags};

use super::MAIN_TABLE;
use super::address::{family, octets, prefix};
use super::constants::{
    AF_INET, AF_INET6, RTA_DST, RTA_MULTIPATH, RTA_OIF, RTA_PREFSRC, RTA_PRIORITY, RTA_TABLE, RTM_DELROUTE,
    RTM_F_CLONED, RTM_NEWROUTE, RTPROT_STATIC,
};
use super::next_hop::{NextHop, encode_hops, hops};

/// The length of `struct rtmsg`.
const HEADER: usize = 12;

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
            encode_hops(self.destination.address, &self.hops, message);
        });
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
            _ => hop.take_gateway(attribute)?,
        }
        Ok(())
    }
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
