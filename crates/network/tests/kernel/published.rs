//! Who reaches published ports, and as whom; who does not.

use std::net::{Ipv4Addr, UdpSocket};

use corten_netlink::NetworkNamespace;
use corten_network::firewall::PortTarget;
use corten_spec::port::Protocol;
use corten_testkit::network::{self, is_out_of_reach, is_reached, listen, seen, send_loopback_to};

use crate::host::{GATEWAY, HOST, Host, NEIGHBOUR, target};

#[test]
fn a_published_port_is_reached_from_everywhere_and_strangers_are_seen_as_they_are() {
    let mut host = Host::new();
    let (container, neighbour) = (host.container(2), host.neighbour());
    let other = host.container(3);
    host.firewall(|firewall| firewall.publish(&[target(None, 8080)])).unwrap();
    let server = listen(&container, 80);
    assert_eq!(seen(&server, &neighbour, (HOST, 8080)), NEIGHBOUR.to_string());
    assert_eq!(seen(&server, &host.namespace, (HOST, 8080)), HOST.to_string());
    for (client, at) in
        [(&host.namespace, Ipv4Addr::LOCALHOST), (&other, HOST), (&other, GATEWAY), (&container, HOST)]
    {
        assert_eq!(seen(&server, client, (at, 8080)), GATEWAY.to_string());
    }
}

#[test]
fn what_is_withdrawn_is_the_hosts_own_again() {
    let mut host = Host::new();
    let (_container, neighbour) = (host.container(2), host.neighbour());
    let ports = [target(None, 8080), target(Some("192.0.2.1"), 8081)];
    host.firewall(|firewall| firewall.publish(&ports)).unwrap();
    host.firewall(|firewall| firewall.withdraw(&ports)).unwrap();
    // A second time, nothing is there to withdraw.
    host.firewall(|firewall| firewall.withdraw(&ports)).unwrap();
    for port in [8080, 8081] {
        let server = listen(&host.namespace, port);
        assert_eq!(seen(&server, &neighbour, (HOST, port)), NEIGHBOUR.to_string());
    }
}

#[test]
fn an_address_of_its_own_leads_elsewhere_than_all_of_them() {
    let mut host = Host::new();
    let (one, two, neighbour) = (host.container(2), host.container(3), host.neighbour());
    let to_two = PortTarget { ipv4: Ipv4Addr::new(10, 208, 0, 3), ..target(None, 8080) };
    host.firewall(|firewall| firewall.publish(&[target(Some("192.0.2.1"), 8080), to_two])).unwrap();
    let (first, second) = (listen(&one, 80), listen(&two, 80));
    assert_eq!(seen(&first, &neighbour, (HOST, 8080)), NEIGHBOUR.to_string());
    assert_eq!(seen(&second, &host.namespace, (Ipv4Addr::LOCALHOST, 8080)), GATEWAY.to_string());
}

#[test]
fn nobody_gets_to_what_is_not_published_by_routing_there() {
    let mut host = Host::new();
    let (container, neighbour) = (host.container(2), host.neighbour());
    let _server = listen(&container, 80);
    let at = (Ipv4Addr::new(10, 208, 0, 2), 80);
    assert!(is_out_of_reach(&neighbour, at));
    // It is the table that keeps them out.
    host.open_raw();
    assert!(is_reached(&neighbour, at));
}

/// For the neighbour, the host is the router for 127.0.0.0/8, too.
#[test]
fn what_is_published_on_127_0_0_1_is_for_the_host_only() {
    let mut host = Host::new();
    let (container, neighbour) = (host.container(2), host.neighbour());
    let port = PortTarget { protocol: Protocol::Udp, port: 53, ..target(Some("127.0.0.1"), 5353) };
    host.firewall(|firewall| firewall.publish(&[port])).unwrap();
    let server = udp(&container, 53);
    assert!((0..20).any(|_| arrives(&server, &host.namespace, 5353)));
    send_loopback_to(&neighbour, HOST, NEIGHBOUR);
    assert!(!arrives(&server, &neighbour, 5353));
    host.open_raw();
    assert!((0..20).any(|_| arrives(&server, &neighbour, 5353)));
}

/// CVE-2020-8558.
#[test]
fn containers_do_not_reach_the_hosts_loopback() {
    let host = Host::new();
    let container = host.container(2);
    let service = host.namespace.run(|| UdpSocket::bind("127.0.0.1:9999")).unwrap().unwrap();
    send_loopback_to(&container, GATEWAY, Ipv4Addr::new(10, 208, 0, 2));
    assert!(!arrives(&service, &container, 9999));
    host.open_raw();
    assert!((0..20).any(|_| arrives(&service, &container, 9999)));
}

fn udp(on: &NetworkNamespace, port: u16) -> UdpSocket {
    on.run(|| UdpSocket::bind(("0.0.0.0", port))).unwrap().unwrap()
}

/// Whether what is sent to a port of 127.0.0.1 comes to a server.
fn arrives(server: &UdpSocket, client: &NetworkNamespace, port: u16) -> bool {
    network::arrives(server, &udp(client, 0), (Ipv4Addr::LOCALHOST, port))
}

#[test]
fn a_datagram_port_that_moves_takes_those_along_who_go_on_sending() {
    let mut host = Host::new();
    let (one, two, neighbour) = (host.container(2), host.container(3), host.neighbour());
    let port = PortTarget { protocol: Protocol::Udp, port: 53, ..target(None, 5353) };
    let moved = PortTarget { ipv4: Ipv4Addr::new(10, 208, 0, 3), ..port };
    let (first, second, client) = (udp(&one, 53), udp(&two, 53), udp(&neighbour, 0));
    host.firewall(|firewall| firewall.publish(&[port])).unwrap();
    client.send_to(b"one", (HOST, 5353)).unwrap();
    let mut buffer = [0; 8];
    assert_eq!(first.recv_from(&mut buffer).unwrap().1.ip(), NEIGHBOUR);
    host.firewall(|firewall| firewall.withdraw(&[port])).unwrap();
    host.firewall(|firewall| firewall.publish(&[moved])).unwrap();
    client.send_to(b"two", (HOST, 5353)).unwrap();
    assert_eq!(second.recv_from(&mut buffer).unwrap().1.ip(), NEIGHBOUR);
}

#[test]
fn ten_thousand_ports_are_one_transaction() {
    let host = Host::new();
    let container = host.container(2);
    let ports: Vec<PortTarget> = (20_000..30_000).map(|port| target(None, port)).collect();
    host.firewall(|firewall| firewall.publish(&ports)).unwrap();
    let server = listen(&container, 80);
    for port in [20_000, 29_999] {
        assert_eq!(seen(&server, &host.namespace, (Ipv4Addr::LOCALHOST, port)), GATEWAY.to_string());
    }
    host.firewall(|firewall| firewall.withdraw(&ports)).unwrap();
    assert!(host.inside(|| std::net::TcpStream::connect("127.0.0.1:20000")).is_err());
}
