//! Changes of links, addresses, routes and neighbours, as data.

use std::fmt;

use crate::link_name::LinkName;
use crate::message::{Messages, flags};

use super::address::Address;
use super::constants::{IFLA_IFNAME, RTM_DELLINK, RTM_NEWLINK};
use super::link::{LinkRef, header};
use super::link_change::{Bridge, BridgePort, LinkSettings, Veth};
use super::neighbour::{Forwarding, Neighbour};
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
    /// Has a bridge send what is for a hardware address by one of its ports, whichever it believed to be the one before, and whatever comes
    /// in by others afterwards.
    SetForwarding(Forwarding),
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
            Self::SetForwarding(forwarding) => forwarding.encode(messages),
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
            Self::SetForwarding(forwarding) => {
                write!(f, "send what is for `{}` by bridge port {}", forwarding.mac, forwarding.port)
            }
            Self::DeleteNeighbour(neighbour) => {
                write!(f, "forget neighbour `{}` on link {}", neighbour.address, neighbour.link)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::show;
    use crate::ip_prefix::IpPrefix;
    use crate::route::VethPeer;
    use corten_spec::mac_address::MacAddress;
    use expect_test::{Expect, expect};

    fn check(change: &Change<'_>, fixed: usize, expected: &Expect) {
        let mut messages = Messages::new(1);
        change.encode(&mut messages);
        expected.assert_eq(&show(&messages.finish().unwrap(), fixed));
    }

    fn name(name: &str) -> LinkName {
        LinkName::new(name).unwrap()
    }

    #[test]
    fn a_pair_is_made_in_one_message_and_goes_on_in_later_ones_only_where_it_must() {
        // The message has the descriptor's number: a fixed one makes a golden text.
        let namespace = rustix::stdio::stdin();
        let settings =
            LinkSettings { up: Some(true), master: Some(7), mtu: Some(1500), ..LinkSettings::default() };
        let mac = Some(MacAddress([2, 0, 0, 0, 0, 1]));
        let peer = VethPeer { namespace, name: name("eth0"), mac, mtu: Some(1500) };
        let veth = |settings| Change::AddVeth(Veth { name: name("veth1"), settings, peer });
        check(
            &veth(settings),
            16,
            &expect![[r#"
            0x0010 flags 0x605 00000000000000000100000001000000
              3 "veth1"
              4 dc050000
              10 07000000
              18
                1 "veth"
                2
                  1 0000000000000000000000000000000009000300657468300000000008001c000000000008000400dc0500000a0001000200000000010000
        "#]],
        );
        check(
            &veth(LinkSettings { makes_ipv6_address: Some(false), ..settings }),
            16,
            &expect![[r#"
            0x0010 flags 0x605 00000000000000000000000000000000
              3 "veth1"
              4 dc050000
              10 07000000
              18
                1 "veth"
                2
                  1 0000000000000000000000000000000009000300657468300000000008001c000000000008000400dc0500000a0001000200000000010000
            0x0010 flags 0x5 00000000000000000000000000000000
              3 "veth1"
              26
                10
                  8 01
            0x0010 flags 0x5 00000000000000000100000001000000
              3 "veth1"
        "#]],
        );
    }

    #[test]
    fn addresses_of_ipv4_get_a_broadcast_address_and_those_of_ipv6_no_detection_of_duplicates() {
        let add = |prefix| Change::AddAddress(Address { link: 2, prefix });
        check(
            &add(IpPrefix::new([10, 0, 0, 2], 24)),
            8,
            &expect![[r#"
            0x0014 flags 0x605 0218000002000000
              2 0a000002
              1 0a000002
              4 0a0000ff
        "#]],
        );
        check(
            &add(IpPrefix::new([10, 0, 0, 2], 31)),
            8,
            &expect![[r#"
            0x0014 flags 0x605 021f000002000000
              2 0a000002
              1 0a000002
        "#]],
        );
        check(
            &add(IpPrefix::new([0xfd; 16], 64)),
            8,
            &expect![[r#"
            0x0014 flags 0x605 0a40020002000000
              2 fdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfd
              1 fdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfd
        "#]],
        );
    }

    #[test]
    fn routes_have_their_gateway_and_several_ways_side_by_side() {
        let mut route = Route::default_via([10, 0, 0, 1].into(), 2);
        check(
            &Change::AddRoute(route.clone()),
            12,
            &expect![[r#"
            0x0018 flags 0x605 02000000fe04000100000000
              15 fe000000
              4 02000000
              5 0a000001
        "#]],
        );
        route.hops.push(super::super::NextHop { link: Some(3), gateway: Some([0xfe; 16].into()) });
        check(
            &Change::AddRoute(route),
            12,
            &expect![[r#"
            0x0018 flags 0x605 02000000fe04000100000000
              15 fe000000
              9 1000000002000000080005000a0000012000000003000000160012000a00fefefefefefefefefefefefefefefefe0000
        "#]],
        );
        check(
            &Change::DeleteRoute(Route::on_link(IpPrefix::new([10, 1, 2, 3], 16), 2)),
            12,
            &expect![[r#"
            0x0019 flags 0x5 02100000fe00fd0100000000
              15 fe000000
              1 0a010000
              4 02000000
        "#]],
        );
    }
}
