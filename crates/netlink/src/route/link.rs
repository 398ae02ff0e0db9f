//! What there is to know of a link.

use std::fmt;

use crate::attribute::{Attribute, Attributes, Malformed};
use crate::link_name::LinkName;
use crate::message::Messages;
use corten_spec::mac_address::MacAddress;

use super::constants::{
    AF_UNSPEC, IFF_RUNNING, IFF_UP, IFLA_ADDRESS, IFLA_BRPORT_ISOLATED, IFLA_BRPORT_MODE, IFLA_IFNAME,
    IFLA_INFO_KIND, IFLA_INFO_SLAVE_DATA, IFLA_INFO_SLAVE_KIND, IFLA_LINKINFO, IFLA_MASTER, IFLA_MTU,
};
use super::link_change::BridgePort;

/// How a request names a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkRef {
    /// By its index in its namespace.
    Index(u32),
    /// By its name: also one that an earlier change of the same run makes.
    Name(LinkName),
}

impl fmt::Display for LinkRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::Name(name) => write!(f, "`{name}`"),
        }
    }
}

impl LinkRef {
    pub(super) fn index(self) -> u32 {
        match self {
            Self::Index(index) => index,
            Self::Name(_) => 0,
        }
    }

    /// Adds the name, where it is named so.
    pub(super) fn encode_name(self, message: &mut Messages) {
        if let Self::Name(name) = self {
            message.string(IFLA_IFNAME, name.as_str());
        }
    }
}

/// A link, as the kernel describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// Its index in its namespace.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// `IFF_*` of netdevice(7).
    pub flags: u32,
    /// The most bytes of a packet.
    pub mtu: u32,
    /// Its hardware address, where it has one of Ethernet's.
    pub mac: Option<MacAddress>,
    /// The index of the bridge that it is a port of.
    pub master: Option<u32>,
    /// The sort of virtual link: `bridge`, `veth`; none for hardware and `lo`.
    pub kind: Option<String>,
    /// How it behaves as a port of a bridge, where it is one.
    pub bridge_port: Option<BridgePort>,
}

impl Link {
    /// Whether it is switched on.
    pub fn is_up(&self) -> bool {
        self.flags & IFF_UP != 0
    }

    /// Whether packets pass: the other end of a cable is on, too, and the kernel has taken note (`IFF_RUNNING`).
    pub fn is_running(&self) -> bool {
        self.flags & IFF_RUNNING != 0
    }

    /// Reads the body of an `RTM_NEWLINK`.
    ///
    /// # Errors
    /// When it is not what rtnetlink(7) says.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let header = body.first_chunk::<HEADER>().ok_or(Malformed("link is short"))?;
        let number =
            |at: usize| u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let mut link = Self {
            index: number(4),
            name: String::new(),
            flags: number(8),
            mtu: 0,
            mac: None,
            master: None,
            kind: None,
            bridge_port: None,
        };
        for attribute in Attributes::after(body, HEADER)? {
            link.take(attribute?)?;
        }
        Ok(link)
    }

    fn take(&mut self, attribute: Attribute<'_>) -> Result<(), Malformed> {
        match attribute.kind {
            IFLA_IFNAME => self.name = attribute.string(),
            IFLA_MTU => self.mtu = attribute.u32()?,
            IFLA_MASTER => self.master = Some(attribute.u32()?),
            IFLA_ADDRESS => self.mac = attribute.value.try_into().ok().map(MacAddress),
            IFLA_LINKINFO => {
                let mut is_port = false;
                for inner in attribute.nested() {
                    let inner = inner?;
                    match inner.kind {
                        IFLA_INFO_KIND => self.kind = Some(inner.string()),
                        IFLA_INFO_SLAVE_KIND => is_port = inner.string() == "bridge",
                        IFLA_INFO_SLAVE_DATA if is_port => self.bridge_port = Some(port(inner.nested())?),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn port(attributes: Attributes<'_>) -> Result<BridgePort, Malformed> {
    let mut port = BridgePort::default();
    for attribute in attributes {
        let attribute = attribute?;
        match attribute.kind {
            IFLA_BRPORT_MODE => port.hairpin = Some(attribute.u8()? != 0),
            IFLA_BRPORT_ISOLATED => port.isolated = Some(attribute.u8()? != 0),
            _ => {}
        }
    }
    Ok(port)
}

/// The length of `struct ifinfomsg`.
pub(super) const HEADER: usize = 16;

/// A `struct ifinfomsg` that names a link and says whether to switch it.
pub(super) fn header(index: u32, up: Option<bool>) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[0] = AF_UNSPEC;
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    if let Some(up) = up {
        header[8..12].copy_from_slice(&if up { IFF_UP } else { 0 }.to_ne_bytes());
        header[12..16].copy_from_slice(&IFF_UP.to_ne_bytes());
    }
    header
}
