//! Bridges, and what of the host they follow.

use std::net::Ipv4Addr;
use std::time::Duration;

use corten_netlink::IpPrefix;
use corten_netlink::route::{Bridge, Change, LinkRef, LinkSettings, Route};
use corten_network::address::pool;
use corten_network::sandbox;
use corten_network::{HostNetwork, NetworkError, SubnetClaim, open_host};
use corten_testkit::network::{index, listen, seen};

use crate::host::{HOST, Host, NEIGHBOUR, name, segment, target};

#[test]
fn a_segment_that_is_there_is_left_as_it_is() {
    let host = Host::new();
    let again = host.inside(|| host.segment.ensure(&mut open_host()?)).unwrap();
    let ready = host.inside(|| host.segment.ready(&mut open_host()?)).unwrap();
    assert_eq!(ready, Some(again));
    assert_eq!(again.mtu, 1400);
}

#[test]
fn a_bridge_that_nobody_has_switched_on_is_completed() {
    let (namespace, mut route) = corten_netlink::NetworkNamespace::create().unwrap();
    let bridge = Bridge { name: name("corten0"), mtu: None, mac: None };
    route.apply(&[Change::AddBridge(bridge)]).unwrap();
    let found = namespace.run(|| {
        let mut host = open_host()?;
        assert_eq!(segment().ready(&mut host)?, None);
        segment().ensure(&mut host)?;
        HostNetwork::read(&mut host, None)
    });
    let reached: Vec<String> = found.unwrap().unwrap().reached.iter().map(ToString::to_string).collect();
    assert!(
        reached.contains(&"10.208.0.0/22".to_owned()) && reached.contains(&"fd00::/64".to_owned()),
        "{reached:?}"
    );
}

#[test]
fn a_name_that_belongs_to_something_else_is_refused() {
    let (namespace, mut route) = corten_netlink::NetworkNamespace::create().unwrap();
    let lo = Change::RenameLink { link: 1, name: name("corten0") };
    let off = LinkSettings { up: Some(false), ..Default::default() };
    let off = Change::SetLink { link: LinkRef::Index(1), settings: off };
    route.apply(&[off, lo]).unwrap();
    let refused = namespace.run(|| segment().ensure(&mut open_host()?)).unwrap();
    assert!(matches!(refused, Err(NetworkError::NotABridge { .. })));
}

#[test]
fn one_engine_of_a_host_at_a_time_takes_a_subnet_and_none_waits_for_ever() {
    let claim = || SubnetClaim::wait(Duration::from_millis(50));
    let (here, _) = corten_netlink::NetworkNamespace::create().unwrap();
    let (there, _) = corten_netlink::NetworkNamespace::create().unwrap();
    let first = here.run(claim).unwrap();
    assert!(first.is_some());
    assert!(here.run(claim).unwrap().is_none());
    assert!(there.run(claim).unwrap().is_some());
    drop(first);
    assert!(here.run(claim).unwrap().is_some());
}

#[test]
fn a_segment_goes_and_nothing_is_left() {
    let host = Host::new();
    host.inside(|| host.segment.remove(&mut open_host()?)).unwrap();
    assert_eq!(host.inside(|| host.segment.ready(&mut open_host()?)).unwrap(), None);
    host.inside(|| host.segment.remove(&mut open_host()?)).unwrap();
}

#[test]
fn a_sandbox_whose_bridge_has_gone_since_it_was_prepared_is_refused() {
    let host = Host::new();
    let endpoint = host.endpoint(2);
    let refused = host.inside(|| {
        let mut route = open_host()?;
        let prepared = sandbox::prepare(&mut route, endpoint.cable)?;
        host.segment.remove(&mut route)?;
        host.segment.ensure(&mut route)?;
        prepared.finish(&mut route, &endpoint)
    });
    assert!(matches!(refused, Err(NetworkError::Unplugged(_))), "{refused:?}");
}

/// The kernel removes a namespace some time after its last process has ended; until then its end of the cable is there, and what it gets
/// there is answered: nobody listens.
#[test]
fn who_has_the_address_of_one_that_is_not_quite_gone_is_reached_at_once() {
    let mut host = Host::new();
    let neighbour = host.neighbour();
    host.firewall(|firewall| firewall.publish(&[target(None, 8080)])).unwrap();
    let first = host.container(2);
    seen(&listen(&first, 80), &neighbour, (HOST, 8080));
    let mut endpoint = host.endpoint(2);
    endpoint.cable.host_name = name("veth2again");
    let second = host.connect(&endpoint);
    assert_eq!(seen(&listen(&second, 80), &neighbour, (HOST, 8080)), NEIGHBOUR.to_string());
}

#[test]
fn what_is_reached_by_the_bridge_itself_does_not_count() {
    let host = Host::new();
    let reached = |own| {
        let facts = host.inside(|| HostNetwork::read(&mut open_host()?, own)).unwrap();
        facts.reached.iter().any(|reached| reached.overlaps(host.segment.subnet4))
    };
    assert!(reached(None) && reached(Some(name("other"))));
    assert!(!reached(Some(host.segment.bridge)));
}

#[test]
fn packets_are_as_large_as_the_way_out_allows() {
    let mut host = Host::new();
    let neighbour = host.neighbour();
    let facts = neighbour.run(|| HostNetwork::read(&mut open_host()?, None)).unwrap().unwrap();
    assert_eq!((facts.mtu, facts.has_ipv6), (1500, false));
    let inside = host.container(2).run(|| HostNetwork::read(&mut open_host()?, None)).unwrap().unwrap();
    assert_eq!((inside.mtu, inside.has_ipv6), (1400, true));
}

/// OpenVPN's `redirect-gateway def1`.
#[test]
fn a_vpn_that_takes_everything_over_is_the_way_to_the_world_and_no_network() {
    let mut host = Host::new();
    let (_, vpn) = (host.neighbour(), host.neighbour());
    let mut socket = host.namespace.route().unwrap();
    let tunnel = index(&mut socket, "out1");
    let mtu = LinkSettings { mtu: Some(1420), ..LinkSettings::default() };
    let halves = ["0.0.0.0", "128.0.0.0"].map(|base| Route {
        destination: IpPrefix::new(base.parse::<Ipv4Addr>().unwrap(), 1),
        ..Route::default_via("192.0.3.2".parse().unwrap(), tunnel)
    });
    let [first, second] = halves.map(Change::AddRoute);
    let uplink = index(&mut socket, "out0");
    let default = Change::AddRoute(Route::default_via("192.0.2.2".parse().unwrap(), uplink));
    let smaller = Change::SetLink { link: LinkRef::Index(tunnel), settings: mtu };
    socket.apply(&[default, smaller, first, second]).unwrap();
    let facts = HostNetwork::read(&mut socket, Some(host.segment.bridge)).unwrap();
    assert_eq!(facts.mtu, 1420);
    assert_eq!(pool::free_subnet4(&facts.reached), Some(host.segment.subnet4));
    drop(vpn);
}
