//! What a neighbour tries that publishing was not meant for: addresses of the host's loopback, and ways past published ports.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use corten_netlink::NetworkNamespace;
use corten_netlink::nft;
use corten_testkit::network::{self, is_out_of_reach, is_reached, listen, send_loopback_to, set};

use super::host::{HOST, Host, NEIGHBOUR};

fn udp(on: &NetworkNamespace, port: u16) -> UdpSocket {
    on.run(|| UdpSocket::bind(("0.0.0.0", port))).unwrap().unwrap()
}

/// Whether what is sent to a port comes to a server.
fn arrives(server: &UdpSocket, client: &NetworkNamespace, at: (Ipv4Addr, u16)) -> bool {
    network::arrives(server, &udp(client, 0), at)
}

#[test]
fn a_port_of_127_0_0_1_is_no_neighbours_and_no_other_containers() {
    let Some(host) = Host::new() else { return };
    let web = host.container("web", &["--publish", "127.0.0.1:5353:53/udp"]);
    let other = host.container("other", &[]);
    let server = udp(&web.namespace, 53);
    let at = (Ipv4Addr::LOCALHOST, 5353);
    assert!((0..20).any(|_| arrives(&server, &host.namespace, at)));
    send_loopback_to(&host.neighbour, HOST, NEIGHBOUR);
    send_loopback_to(&other.namespace, other.gateway, other.ipv4);
    for client in [&host.neighbour, &other.namespace] {
        assert!(!arrives(&server, client, at));
    }
}

/// CVE-2020-8558.
#[test]
fn services_of_the_hosts_loopback_are_no_containers() {
    let Some(host) = Host::new() else { return };
    let container = host.container("container", &[]);
    let service = host.namespace.run(|| UdpSocket::bind("127.0.0.1:9999")).unwrap().unwrap();
    send_loopback_to(&container.namespace, container.gateway, container.ipv4);
    assert!(!arrives(&service, &container.namespace, (Ipv4Addr::LOCALHOST, 9999)));
    assert!((0..20).any(|_| arrives(&service, &host.namespace, (Ipv4Addr::LOCALHOST, 9999))));
}

#[test]
fn a_datagram_that_claims_to_come_from_the_loopback_is_dropped() {
    let Some(host) = Host::new() else { return };
    let web = host.container("web", &["--publish", "5353:53/udp"]);
    let server = udp(&web.namespace, 53);
    assert!((0..20).any(|_| arrives(&server, &host.neighbour, (HOST, 5353))));
    let from_loopback = host.neighbour.run(|| UdpSocket::bind("127.0.0.1:0")).unwrap().unwrap();
    set(&host.neighbour, "ipv4/conf/all/route_localnet", "1");
    assert!(!network::arrives(&server, &from_loopback, (HOST, 5353)));
}

/// The table is what keeps them out: without it, and without a guard that makes it again, a host that forwards would let them in.
#[test]
fn the_addresses_of_containers_are_for_nobody_outside() {
    let Some(host) = Host::new() else { return };
    let web = host.container("web", &["--publish", "8080:80"]);
    let _server = listen(&web.namespace, 80);
    for at in [IpAddr::from(web.ipv4), web.ipv6.unwrap().into(), web.gateway.into()] {
        assert!(is_out_of_reach(&host.neighbour, (at, 80)), "{at}");
    }
    // Nor does the host forward for others, as it did not before.
    assert!(is_out_of_reach(&host.neighbour, (Ipv4Addr::new(203, 0, 113, 9), 80)));
    let table = host.table();
    let flush = nft::Change::FlushChain("raw".to_owned());
    host.change(&table, &[flush]);
    assert!(is_reached(&host.neighbour, (web.ipv4, 80)));
}
