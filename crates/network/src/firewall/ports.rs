//! Published ports as elements of the table's maps. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use corten_netlink::nft::{Element, Field, FieldType, Set};
use corten_spec::port::Protocol;

/// Where a port of the host leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortTarget {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The host's address; `None` for all of both families.
    pub address: Option<IpAddr>,
    /// The host's port.
    pub host_port: u16,
    /// The container's IPv4 address.
    pub ipv4: Ipv4Addr,
    /// The container's IPv6 address; without one, connections of IPv6 are not for the firewall.
    pub ipv6: Option<Ipv6Addr>,
    /// The container's port.
    pub port: u16,
}

/// For one IPv4 address of the host.
pub(super) fn ports4() -> Set {
    let key = [FieldType::Ipv4, FieldType::Protocol, FieldType::Port];
    Set::map("ports4", &key, &[FieldType::Ipv4, FieldType::Port])
}

/// For all IPv4 addresses of the host.
pub(super) fn any4() -> Set {
    Set::map("any4", &[FieldType::Protocol, FieldType::Port], &[FieldType::Ipv4, FieldType::Port])
}

/// For one IPv6 address of the host.
pub(super) fn ports6() -> Set {
    let key = [FieldType::Ipv6, FieldType::Protocol, FieldType::Port];
    Set::map("ports6", &key, &[FieldType::Ipv6, FieldType::Port])
}

/// For all IPv6 addresses of the host.
pub(super) fn any6() -> Set {
    Set::map("any6", &[FieldType::Protocol, FieldType::Port], &[FieldType::Ipv6, FieldType::Port])
}

/// The elements, map by map.
pub(super) fn elements(targets: &[PortTarget]) -> impl Iterator<Item = (Set, Vec<Element>)> {
    let mut maps = [ports4(), any4(), ports6(), any6()].map(|set| (set, Vec::new()));
    for target in targets {
        let [(_, ports4), (_, any4), (_, ports6), (_, any6)] = &mut maps;
        let (all4, all6) = (Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED);
        match target.address {
            Some(IpAddr::V4(address)) if address != all4 => {
                ports4.push(element(target, Some(Field::Ipv4(address))));
            }
            Some(IpAddr::V6(address)) if address != all6 => {
                ports6.extend(element6(target, Some(Field::Ipv6(address))));
            }
            Some(IpAddr::V4(_)) => any4.push(element(target, None)),
            Some(IpAddr::V6(_)) => any6.extend(element6(target, None)),
            None => {
                any4.push(element(target, None));
                any6.extend(element6(target, None));
            }
        }
    }
    maps.into_iter().filter(|(_, elements)| !elements.is_empty())
}

fn element(target: &PortTarget, address: Option<Field>) -> Element {
    Element::new(&key(target, address)).to(&[Field::Ipv4(target.ipv4), Field::Port(target.port)])
}

fn element6(target: &PortTarget, address: Option<Field>) -> Option<Element> {
    let to = [Field::Ipv6(target.ipv6?), Field::Port(target.port)];
    Some(Element::new(&key(target, address)).to(&to))
}

fn key(target: &PortTarget, address: Option<Field>) -> Vec<Field> {
    let protocol = match target.protocol {
        Protocol::Udp => Field::UDP,
        _ => Field::TCP,
    };
    address.into_iter().chain([protocol, Field::Port(target.host_port)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(address: Option<&str>, ipv6: Option<&str>) -> PortTarget {
        PortTarget {
            protocol: Protocol::Tcp,
            address: address.map(|text| text.parse().unwrap()),
            host_port: 8080,
            ipv4: Ipv4Addr::new(10, 208, 0, 2),
            ipv6: ipv6.map(|text| text.parse().unwrap()),
            port: 80,
        }
    }

    fn maps(targets: &[PortTarget]) -> Vec<(String, usize)> {
        elements(targets).map(|(set, elements)| (set.name, elements.len())).collect()
    }

    #[test]
    fn a_port_is_in_the_maps_of_the_families_that_the_container_has() {
        let named = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 1)).collect::<Vec<_>>();
        assert_eq!(maps(&[target(None, None)]), named(&["any4"]));
        assert_eq!(maps(&[target(None, Some("fd00::2"))]), named(&["any4", "any6"]));
        assert_eq!(maps(&[target(Some("0.0.0.0"), Some("fd00::2"))]), named(&["any4"]));
        assert_eq!(maps(&[target(Some("127.0.0.1"), Some("fd00::2"))]), named(&["ports4"]));
        assert_eq!(maps(&[target(Some("fd00::9"), Some("fd00::2"))]), named(&["ports6"]));
        assert_eq!(maps(&[target(Some("fd00::9"), None)]), []);
    }

    #[test]
    fn what_comes_to_a_port_of_an_address_goes_to_the_containers() {
        let (_, found) = elements(&[target(Some("127.0.0.1"), None)]).next().unwrap();
        let key = [Field::Ipv4(Ipv4Addr::LOCALHOST), Field::TCP, Field::Port(8080)];
        let to = [Field::Ipv4(Ipv4Addr::new(10, 208, 0, 2)), Field::Port(80)];
        assert_eq!(found, [Element::new(&key).to(&to)]);
    }
}
