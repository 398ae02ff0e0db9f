//! Hosts that are set up in uncommon ways.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use corten_netlink::route::{Change, LinkRef, LinkSettings, Route};
use corten_netlink::{IpPrefix, LinkName};
use corten_testkit::network::{self, connection, index, listen, seen, set, setting};
use corten_testkit::requirement;

use super::host::{HOST, HOST6, Host, NEIGHBOUR, NEIGHBOUR6, UPLINK};

/// Whether a published port is reached from everywhere, and a container reaches the neighbour, all by IPv4.
#[track_caller]
fn works(host: &Host) {
    let web = host.container("web", &["--publish", "8080:80"]);
    let other = host.container("other", &[]);
    let (server, outside) = (listen(&web.namespace, 80), listen(&host.neighbour, 90));
    assert_eq!(seen(&server, &host.neighbour, (HOST, 8080)), NEIGHBOUR.to_string());
    for at in [Ipv4Addr::LOCALHOST, HOST, web.gateway] {
        seen(&server, &host.namespace, (at, 8080));
    }
    for client in [&other, &web] {
        assert_eq!(seen(&server, &client.namespace, (web.gateway, 8080)), web.gateway.to_string());
    }
    assert_eq!(seen(&server, &other.namespace, (web.ipv4, 80)), other.ipv4.to_string());
    assert_eq!(seen(&outside, &other.namespace, (NEIGHBOUR, 90)), HOST.to_string());
}

#[test]
fn a_host_that_believes_only_sources_that_it_has_a_way_to() {
    let Some(host) = Host::new() else { return };
    for interface in ["all", "default", UPLINK] {
        set(&host.namespace, &format!("ipv4/conf/{interface}/rp_filter"), "1");
    }
    works(&host);
}

#[test]
fn a_host_without_ipv6() {
    let Some(host) = Host::new() else { return };
    for interface in ["all", "default"] {
        set(&host.namespace, &format!("ipv6/conf/{interface}/disable_ipv6"), "1");
    }
    works(&host);
    assert_eq!(host.find("web").ipv6, None);
}

#[test]
fn a_host_without_a_default_route() {
    let Some(host) = Host::without_a_way_out() else { return };
    // On no network at all, at first.
    host.run(&["run", "--rm", "busybox", "true"]).success();
    host.connect();
    works(&host);
}

/// The kernel has bridged packets pass through the firewall then, too.
#[test]
fn a_host_that_shows_bridged_packets_to_the_firewall_or_does_not() {
    let has_module = Path::new("/proc/sys/net/bridge").exists();
    if !requirement::is_met(has_module, "br_netfilter") {
        return;
    }
    for value in ["0", "1"] {
        let Some(host) = Host::new() else { return };
        for protocol in ["iptables", "ip6tables"] {
            set(&host.namespace, &format!("bridge/bridge-nf-call-{protocol}"), value);
        }
        works(&host);
        let (web, other) = (host.find("web"), host.find("other"));
        let server = listen(&web.namespace, 80);
        let (six, source) = (web.ipv6.unwrap(), other.ipv6.unwrap());
        assert_eq!(seen(&server, &other.namespace, (six, 80)), source.to_string());
        assert_eq!(seen(&server, &host.neighbour, (HOST6, 8080)), NEIGHBOUR6.to_string());
    }
}

#[test]
fn a_host_whose_way_out_takes_smaller_packets() {
    let Some(host) = Host::new() else { return };
    let smaller = LinkSettings { mtu: Some(1400), ..LinkSettings::default() };
    for (namespace, name) in [(&host.namespace, UPLINK), (&host.neighbour, "eth0")] {
        let link = LinkRef::Name(LinkName::new(name).unwrap());
        namespace.route().unwrap().apply(&[Change::SetLink { link, settings: smaller }]).unwrap();
    }
    let client = host.container("client", &[]);
    let eth0 = LinkRef::Name(LinkName::new("eth0").unwrap());
    assert_eq!(client.namespace.route().unwrap().link(eth0).unwrap().unwrap().mtu, 1400);
    let server = listen(&host.neighbour, 80);
    let (mut sent, mut received) = connection(&server, &client.namespace, (NEIGHBOUR, 80));
    let bytes = vec![7; 1 << 20];
    let passed = std::thread::scope(|scope| {
        scope.spawn(|| std::io::Write::write_all(&mut sent, &bytes).unwrap());
        let mut buffer = vec![0; 1 << 20];
        std::io::Read::read_exact(&mut received, &mut buffer).map(|()| buffer)
    });
    assert!(passed.unwrap() == bytes);
}

/// A VPN's route to a network of its company.
fn route_to(host: &Host, network: &str, length: u8) {
    let mut socket = host.namespace.route().unwrap();
    let uplink = index(&mut socket, UPLINK);
    let destination = IpPrefix::new(network.parse::<Ipv4Addr>().unwrap(), length);
    let route = Route { destination, ..Route::default_via(IpAddr::V4(NEIGHBOUR), uplink) };
    socket.apply(&[Change::AddRoute(route)]).unwrap();
}

#[test]
fn a_host_whose_vpn_reaches_private_networks() {
    let Some(host) = Host::new() else { return };
    route_to(&host, "10.208.0.0", 13);
    route_to(&host, "172.16.0.0", 12);
    let web = host.container("before", &[]);
    assert_eq!(web.ipv4.octets()[..2], [10, 216]);
    // What comes while containers run stays beside them; who comes later keeps away from it.
    route_to(&host, "10.0.0.0", 8);
    works(&host);
    let all = host.run(&["ps", "--all", "--quiet"]).success().stdout();
    let all: Vec<&str> = all.lines().collect();
    host.run(&[&["rm", "--force"], &all[..]].concat()).success();
    host.run(&["system", "settle"]).success();
    let web = host.container("after", &[]);
    assert_eq!(web.ipv4.octets()[..2], [192, 168]);
}

#[test]
fn a_host_that_was_a_router_stays_one_and_another_does_not_become_one() {
    for (forwards, reached) in [("1", true), ("0", false)] {
        let Some(host) = Host::new() else { return };
        set(&host.namespace, "ipv4/ip_forward", forwards);
        host.container("client", &[]);
        assert_eq!(setting(&host.namespace, "ipv4/ip_forward"), "1");
        let (beyond, _) = corten_netlink::NetworkNamespace::create().unwrap();
        let address = |last| [IpPrefix::new([198, 51, 100, last], 24)];
        network::connect(
            network::End { namespace: &host.namespace, name: "other", addresses: &address(1) },
            network::End { namespace: &beyond, name: "eth0", addresses: &address(2) },
        );
        network::route_by(&beyond, "eth0", &[Ipv4Addr::new(198, 51, 100, 1).into()]);
        let _server = listen(&beyond, 80);
        let at = ([198, 51, 100, 2], 80);
        let neighbour = &host.neighbour;
        let is_as_expected = if reached {
            network::is_reached(neighbour, at)
        } else {
            network::is_out_of_reach(neighbour, at)
        };
        assert!(is_as_expected, "ip_forward={forwards}");
    }
}
