//! Links to make, and settings to give them.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::link_name::LinkName;
use crate::message::{Messages, flags};
use corten_spec::mac_address::MacAddress;

use super::constants::{
    AF_INET6, IFLA_ADDRESS, IFLA_AF_SPEC, IFLA_BRPORT_ISOLATED, IFLA_BRPORT_MODE, IFLA_IFNAME,
    IFLA_INET6_ADDR_GEN_MODE, IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_INFO_SLAVE_DATA, IFLA_INFO_SLAVE_KIND,
    IFLA_LINKINFO, IFLA_MASTER, IFLA_MTU, IFLA_NET_NS_FD, IN6_ADDR_GEN_MODE_EUI64, IN6_ADDR_GEN_MODE_NONE,
    RTM_NEWLINK, VETH_INFO_PEER,
};
use super::link::{LinkRef, header};

const SET: u16 = flags::REQUEST | flags::ACK;
const ADD: u16 = SET | flags::CREATE | flags::EXCLUSIVE;

/// A bridge to make, switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bridge {
    /// Its name.
    pub name: LinkName,
    /// The most bytes of a packet; the kernel's choice without it, which then follows the ports.
    pub mtu: Option<u32>,
    /// Its hardware address; without it, one that changes with the ports.
    pub mac: Option<MacAddress>,
}

/// A pair of links to make, of which what goes into one comes out of the other.
#[derive(Debug, Clone, Copy)]
pub struct Veth<'a> {
    /// The name of the end that is here.
    pub name: LinkName,
    /// The settings of the end that is here; `up` comes last.
    pub settings: LinkSettings,
    /// The end that is elsewhere.
    pub peer: VethPeer<'a>,
}

/// The end of a pair that is born in another namespace, switched off: both ends on at birth is refused by the kernel.
#[derive(Debug, Clone, Copy)]
pub struct VethPeer<'a> {
    /// The network namespace that it is born in.
    pub namespace: BorrowedFd<'a>,
    /// Its name.
    pub name: LinkName,
    /// Its hardware address; random without it.
    pub mac: Option<MacAddress>,
    /// The most bytes of a packet.
    pub mtu: Option<u32>,
}

/// What changes of a link; what is none stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkSettings {
    /// Switched on or off.
    pub up: Option<bool>,
    /// The most bytes of a packet.
    pub mtu: Option<u32>,
    /// The hardware address.
    pub mac: Option<MacAddress>,
    /// The index of the bridge that it becomes a port of; 0 for none.
    pub master: Option<u32>,
    /// Whether it gives itself a link-local IPv6 address when it is switched on (`IFLA_INET6_ADDR_GEN_MODE`); refused with
    /// `EAFNOSUPPORT` where the kernel has no IPv6.
    pub makes_ipv6_address: Option<bool>,
}

/// How a port of a bridge behaves; what is none stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BridgePort {
    /// Whether packets go back out of the port that they came in by.
    pub hairpin: Option<bool>,
    /// Whether it speaks to ports only that are not isolated.
    pub isolated: Option<bool>,
}

impl Bridge {
    pub(super) fn encode(&self, messages: &mut Messages) {
        messages.message(RTM_NEWLINK, ADD, &header(0, None), |message| {
            message.string(IFLA_IFNAME, self.name.as_str());
            encode_common(message, self.mtu, self.mac);
            message.nested(IFLA_LINKINFO, |info| info.string(IFLA_INFO_KIND, "bridge"));
        });
    }
}

impl Veth<'_> {
    pub(super) fn encode(&self, messages: &mut Messages) {
        // An address of its own making is made when the link goes on, and creation cannot forbid it: then it goes on later.
        let later = self.settings.makes_ipv6_address.is_some();
        let up = self.settings.up.filter(|_| !later);
        messages.message(RTM_NEWLINK, ADD, &header(0, up), |message| {
            message.string(IFLA_IFNAME, self.name.as_str());
            encode_common(message, self.settings.mtu, self.settings.mac);
            if let Some(master) = self.settings.master {
                message.u32(IFLA_MASTER, master);
            }
            message.nested(IFLA_LINKINFO, |info| {
                info.string(IFLA_INFO_KIND, "veth");
                info.nested(IFLA_INFO_DATA, |data| self.peer.encode(data));
            });
        });
        if later {
            let settings = LinkSettings {
                up: self.settings.up,
                makes_ipv6_address: self.settings.makes_ipv6_address,
                ..LinkSettings::default()
            };
            settings.encode(LinkRef::Name(self.name), messages);
        }
    }
}

impl VethPeer<'_> {
    fn encode(&self, data: &mut Messages) {
        data.prefixed(VETH_INFO_PEER, &header(0, None), |peer| {
            peer.string(IFLA_IFNAME, self.name.as_str());
            peer.attribute(IFLA_NET_NS_FD, &self.namespace.as_raw_fd().to_ne_bytes());
            encode_common(peer, self.mtu, self.mac);
        });
    }
}

impl LinkSettings {
    pub(super) fn encode(&self, link: LinkRef, messages: &mut Messages) {
        if let Some(makes) = self.makes_ipv6_address {
            // A message of its own: within one, the kernel switches links on before it comes to this.
            let mode = if makes { IN6_ADDR_GEN_MODE_EUI64 } else { IN6_ADDR_GEN_MODE_NONE };
            messages.message(RTM_NEWLINK, SET, &header(link.index(), None), |message| {
                link.encode_name(message);
                message.nested(IFLA_AF_SPEC, |families| {
                    families.nested(AF_INET6.into(), |six| six.u8(IFLA_INET6_ADDR_GEN_MODE, mode));
                });
            });
        }
        let rest = Self { makes_ipv6_address: None, ..*self };
        if rest == Self::default() {
            return;
        }
        messages.message(RTM_NEWLINK, SET, &header(link.index(), self.up), |message| {
            link.encode_name(message);
            encode_common(message, self.mtu, self.mac);
            if let Some(master) = self.master {
                message.u32(IFLA_MASTER, master);
            }
        });
    }
}

impl BridgePort {
    pub(super) fn encode(&self, link: LinkRef, messages: &mut Messages) {
        messages.message(RTM_NEWLINK, SET, &header(link.index(), None), |message| {
            link.encode_name(message);
            message.nested(IFLA_LINKINFO, |info| {
                info.string(IFLA_INFO_SLAVE_KIND, "bridge");
                info.nested(IFLA_INFO_SLAVE_DATA, |port| {
                    for (kind, value) in
                        [(IFLA_BRPORT_MODE, self.hairpin), (IFLA_BRPORT_ISOLATED, self.isolated)]
                    {
                        if let Some(value) = value {
                            port.u8(kind, value.into());
                        }
                    }
                });
            });
        });
    }
}

fn encode_common(message: &mut Messages, mtu: Option<u32>, mac: Option<MacAddress>) {
    if let Some(mtu) = mtu {
        message.u32(IFLA_MTU, mtu);
    }
    if let Some(mac) = mac {
        message.attribute(IFLA_ADDRESS, &mac.0);
    }
}
