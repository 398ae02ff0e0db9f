//! Changes of links, addresses, routes and neighbours, as data.

use std::fmt;

use crate::link_name::LinkName;
use crate::message::{Messages, flags};

use super::address::Address;
use super::constants::{IFLA_IFNAME, RTM_DELLINK, RTM_NEWLINK};
use super::link::{LinkRef, header};
use super::link_change::{Bridge, BridgePort, LinkSettings, Veth};
use super::neighbour::Neighbour;
use super::routes::Route;

/// One change of a namespace's network.
#[derive(Debug, Clone)]
pub enum Change<'a> {
    /// Makes a bridge.
    AddBridge(Bridge),
    /// Makes a pair of links, one of them in another namespace.
    AddVeth(Veth<'a>),
    /// Gives a link other settings.
    SetLink {
        /// Which one.
        link: LinkRef,
        /// What changes.
        settings: LinkSettings,
    },
    /// Gives a link, which must be off on old kernels (before 6.2), another name.
    RenameLink {
        /// The index of the link.
        link: u32,
        /// The new name.
        name: LinkName,
    },
    /// Lets a port of a bridge behave otherwise.
    SetBridgePort {
        /// Which one.
        link: LinkRef,
        /// What changes.
        port: BridgePort,
    },
    /// Removes a link, and with one end of a pair the other.
    DeleteLink(LinkRef),
    /// Gives a link an address; refused with `EEXIST` when it has it.
    AddAddress(Address),
    /// Takes an address from a link; refused with `EADDRNOTAVAIL` when it has it not.
    DeleteAddress(Address),
    /// Adds a route; refused with `EEXIST` when there is one to that destination with that priority.
    AddRoute(Route),
    /// Removes a route; refused with `ESRCH` when there is none.
    DeleteRoute(Route),
    /// Forgets a neighbour; refused with `ENOENT` when it is not known.
    DeleteNeighbour(Neighbour),
}

impl Change<'_> {
    /// Adds its messages, of which each asks for an acknowledgement.
    pub(super) fn encode(&self, messages: &mut Messages) {
        let set = flags::REQUEST | flags::ACK;
        match self {
            Self::AddBridge(bridge) => bridge.encode(messages),
            Self::AddVeth(veth) => veth.encode(messages),
            Self::SetLink { link, settings } => settings.encode(*link, messages),
            Self::RenameLink { link, name } => {
                let header = header(*link, None);
                messages.message(RTM_NEWLINK, set, &header, |m| m.string(IFLA_IFNAME, name.as_str()));
            }
            Self::SetBridgePort { link, port } => port.encode(*link, messages),
            Self::DeleteLink(link) => {
                messages.message(RTM_DELLINK, set, &header(link.index(), None), |m| link.encode_name(m));
            }
            Self::AddAddress(address) => address.encode_add(messages),
            Self::DeleteAddress(address) => address.encode_delete(messages),
            Self::AddRoute(route) => route.encode_add(messages),
            Self::DeleteRoute(route) => route.encode_delete(messages),
            Self::DeleteNeighbour(neighbour) => neighbour.encode_delete(messages),
        }
    }
}

/// As in `cannot …`.
impl fmt::Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddBridge(bridge) => write!(f, "add bridge `{}`", bridge.name),
            Self::AddVeth(veth) => write!(f, "add veth pair `{}` and `{}`", veth.name, veth.peer.name),
            Self::SetLink { link, .. } => write!(f, "change link {link}"),
            Self::RenameLink { link, name } => write!(f, "rename link {link} to `{name}`"),
            Self::SetBridgePort { link, .. } => write!(f, "change bridge port {link}"),
            Self::DeleteLink(link) => write!(f, "delete link {link}"),
            Self::AddAddress(address) => {
                write!(f, "add address `{}` to link {}", address.prefix, address.link)
            }
            Self::DeleteAddress(address) => {
                write!(f, "delete address `{}` of link {}", address.prefix, address.link)
            }
            Self::AddRoute(route) => write!(f, "add route to {route}"),
            Self::DeleteRoute(route) => write!(f, "delete route to {route}"),
            Self::DeleteNeighbour(neighbour) => {
                write!(f, "forget neighbour `{}` on link {}", neighbour.address, neighbour.link)
            }
        }
    }
}
