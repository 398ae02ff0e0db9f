//! Which of several addresses to try first: those that there is a route to, IPv6 before IPv4.
//! Nothing is sent to find out.
//!
//! Source: RFC 6724, rule 1 and the default precedence.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The addresses in the order to try them in, each once.
pub(crate) fn sort(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    sort_by(addresses, has_route)
}

fn sort_by(mut addresses: Vec<IpAddr>, has_route: fn(IpAddr) -> bool) -> Vec<IpAddr> {
    let mut seen = HashSet::new();
    addresses.retain(|address| seen.insert(*address));
    addresses.sort_by_cached_key(|address| (!has_route(*address), address.is_ipv4()));
    addresses
}

/// Connecting a datagram socket asks the kernel for a route and nobody for anything.
fn has_route(address: IpAddr) -> bool {
    let any: IpAddr =
        if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    UdpSocket::bind((any, 0)).and_then(|socket| socket.connect(SocketAddr::new(address, 53))).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_comes_once_and_those_without_a_route_last() {
        let given =
            ["192.0.2.1", "fd00::1", "10.0.0.1", "fe80::1", "10.0.0.1"].map(|text| text.parse().unwrap());
        let reachable = |address: IpAddr| !["192.0.2.1", "fe80::1"].contains(&address.to_string().as_str());
        let sorted: Vec<String> =
            sort_by(given.to_vec(), reachable).iter().map(ToString::to_string).collect();
        assert_eq!(sorted, ["fd00::1", "10.0.0.1", "fe80::1", "192.0.2.1"]);
    }

    #[test]
    fn there_is_a_route_to_this_machine() {
        assert!(has_route(Ipv4Addr::LOCALHOST.into()));
    }
}
