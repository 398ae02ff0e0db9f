//! Links, addresses and routes in namespaces that each test makes for itself, with real packets.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::thread;

use corten_netlink::route::{
    Address, Bridge, BridgePort, Change, Link, LinkRef, LinkSettings, MAIN_TABLE, Neighbour, Route,
    RouteSocket, Veth, VethPeer,
};
use corten_netlink::{IpPrefix, LinkName, MacAddress, NetworkNamespace};
use rustix::io::Errno;

const UP: LinkSettings =
    LinkSettings { up: Some(true), mtu: None, mac: None, master: None, makes_ipv6_address: None };
const GATEWAY_4: Ipv4Addr = Ipv4Addr::new(10, 211, 0, 1);
const GATEWAY_6: Ipv6Addr = Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, 1);

fn name(name: &str) -> LinkName {
    LinkName::new(name).unwrap()
}

fn link(route: &mut RouteSocket, of: &str) -> Link {
    route.link(LinkRef::Name(name(of))).unwrap().unwrap()
}

/// A host with a bridge that has both gateway addresses.
fn host() -> (NetworkNamespace, RouteSocket, u32) {
    let (host, mut route) = NetworkNamespace::create().unwrap();
    let mac = Some(MacAddress([2, 0x42, 1, 2, 3, 4]));
    route.apply(&[Change::AddBridge(Bridge { name: name("br0"), mtu: Some(1400), mac })]).unwrap();
    let bridge = link(&mut route, "br0").index;
    let address = |address: IpAddr, length| {
        Change::AddAddress(Address { link: bridge, prefix: IpPrefix::new(address, length) })
    };
    let settings = LinkSettings { makes_ipv6_address: Some(false), ..UP };
    route
        .apply(&[
            address(GATEWAY_4.into(), 24),
            address(GATEWAY_6.into(), 64),
            Change::SetLink { link: LinkRef::Index(bridge), settings },
        ])
        .unwrap();
    (host, route, bridge)
}

/// A container on the bridge, with addresses that end in `last`.
fn container(route: &mut RouteSocket, bridge: u32, last: u8) -> (NetworkNamespace, RouteSocket) {
    let (namespace, mut inside) = NetworkNamespace::create().unwrap();
    let host_end = name(&format!("veth{last}"));
    let veth = Veth {
        name: host_end,
        settings: LinkSettings {
            mtu: Some(1400),
            master: Some(bridge),
            makes_ipv6_address: Some(false),
            ..UP
        },
        peer: VethPeer {
            namespace: namespace.as_fd(),
            name: name("eth0"),
            mac: Some(MacAddress([2, 0x42, 10, 211, 0, last])),
            mtu: Some(1400),
        },
    };
    let port = BridgePort { hairpin: Some(true), isolated: None };
    route
        .apply(&[Change::AddVeth(veth), Change::SetBridgePort { link: LinkRef::Name(host_end), port }])
        .unwrap();
    let eth0 = link(&mut inside, "eth0").index;
    let address = |address: IpAddr, length| {
        Change::AddAddress(Address { link: eth0, prefix: IpPrefix::new(address, length) })
    };
    inside
        .apply(&[
            Change::SetLink {
                link: LinkRef::Index(eth0),
                settings: LinkSettings { makes_ipv6_address: Some(false), ..UP },
            },
            address(Ipv4Addr::new(10, 211, 0, last).into(), 24),
            address(Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, last.into()).into(), 64),
            Change::AddRoute(Route::default_via(GATEWAY_4.into(), eth0)),
            Change::AddRoute(Route::default_via(GATEWAY_6.into(), eth0)),
        ])
        .unwrap();
    (namespace, inside)
}

/// What a client in one namespace reads from a server in another that answers with the client's address.
fn address_seen(server: &NetworkNamespace, client: &NetworkNamespace, at: SocketAddr) -> String {
    let listener = server.run(|| TcpListener::bind(at).unwrap()).unwrap();
    let at = listener.local_addr().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, from) = listener.accept().unwrap();
            write!(stream, "{}", from.ip()).unwrap();
        });
        let mut stream = client.run(|| TcpStream::connect(at).unwrap()).unwrap();
        let mut seen = String::new();
        stream.read_to_string(&mut seen).unwrap();
        seen
    })
}

#[test]
fn containers_on_a_bridge_reach_each_other_and_the_host_by_both_families() {
    let (host, mut route, bridge) = host();
    let (one, _) = container(&mut route, bridge, 2);
    let (two, _) = container(&mut route, bridge, 3);
    let four = SocketAddr::new(Ipv4Addr::new(10, 211, 0, 3).into(), 0);
    assert_eq!(address_seen(&two, &one, four), "10.211.0.2");
    let six: Ipv6Addr = "fd09::3".parse().unwrap();
    assert_eq!(address_seen(&two, &one, SocketAddr::new(six.into(), 0)), "fd09::2");
    assert_eq!(address_seen(&host, &two, SocketAddr::new(GATEWAY_4.into(), 0)), "10.211.0.3");
    assert_eq!(address_seen(&two, &host, four), "10.211.0.1");
}

#[test]
fn links_are_as_they_were_asked_for() {
    let (_host, mut route, bridge) = host();
    let (_one, mut inside) = container(&mut route, bridge, 2);
    let br0 = link(&mut route, "br0");
    assert_eq!((br0.kind.as_deref(), br0.mtu, br0.is_up()), (Some("bridge"), 1400, true));
    assert_eq!(br0.mac.unwrap().to_string(), "02:42:01:02:03:04");
    let port = link(&mut route, "veth2");
    assert_eq!((port.kind.as_deref(), port.master, port.is_up()), (Some("veth"), Some(bridge), true));
    assert_eq!(port.bridge_port, Some(BridgePort { hairpin: Some(true), isolated: Some(false) }));
    let eth0 = link(&mut inside, "eth0");
    assert_eq!((eth0.mac.unwrap().0[5], eth0.mtu, eth0.is_up()), (2, 1400, true));
    let names: Vec<String> = route.links().unwrap().into_iter().map(|link| link.name).collect();
    assert_eq!(names, ["lo", "br0", "veth2"]);
    assert!(route.links().unwrap()[0].is_up());

    // No link gives itself an address: those that were added are all there are.
    let mut addresses: Vec<String> =
        inside.addresses().unwrap().iter().map(|it| it.prefix.to_string()).collect();
    addresses.sort();
    assert_eq!(addresses, ["10.211.0.2/24", "127.0.0.1/8", "::1/128", "fd09::2/64"]);
    assert!(!route.addresses().unwrap().iter().any(|it| it.prefix.to_string().starts_with("fe80")));
}

#[test]
fn routes_of_both_families_and_all_tables_are_listed() {
    let (_host, mut route, bridge) = host();
    let (_one, mut inside) = container(&mut route, bridge, 2);
    let eth0 = link(&mut inside, "eth0").index;
    let far = Route {
        table: 1000,
        priority: 7,
        ..Route {
            destination: IpPrefix::new([192, 0, 2, 0], 24),
            ..Route::default_via(GATEWAY_4.into(), eth0)
        }
    };
    let across = Route {
        destination: IpPrefix::new([198, 51, 100, 0], 24),
        ..Route::default_via(GATEWAY_6.into(), eth0)
    };
    let mut spread = Route { destination: IpPrefix::new([203, 0, 113, 0], 24), ..far.clone() };
    let other = Ipv4Addr::new(10, 211, 0, 9).into();
    spread.hops.push(corten_netlink::route::NextHop { link: Some(eth0), gateway: Some(other) });
    let added = [far.clone(), across.clone(), spread.clone()];
    inside.apply(&added.clone().map(Change::AddRoute)).unwrap();
    let routes = inside.routes().unwrap();
    for route in &added {
        assert!(routes.contains(route), "{route:?} in {routes:#?}");
    }
    let defaults: Vec<_> = routes.iter().filter(|it| it.is_default() && it.table == MAIN_TABLE).collect();
    assert_eq!(defaults.len(), 2, "{defaults:#?}");
    assert!(routes.iter().any(|it| it.table == 255 && it.destination.to_string() == "10.211.0.2/32"));

    inside.apply(&added.clone().map(Change::DeleteRoute)).unwrap();
    let routes = inside.routes().unwrap();
    assert!(!added.iter().any(|route| routes.contains(route)));
}

#[test]
fn a_refusal_names_the_object_and_leaves_the_other_changes_done() {
    let (_host, mut route, bridge) = host();
    let prefix = IpPrefix::new(GATEWAY_4, 24);
    let address = Address { link: bridge, prefix };
    let outcomes = route
        .apply_each(&[
            Change::AddAddress(address),
            Change::DeleteLink(LinkRef::Name(name("none"))),
            Change::RenameLink { link: bridge, name: name("br1") },
            Change::DeleteNeighbour(Neighbour {
                link: bridge,
                address: Ipv4Addr::new(10, 211, 0, 77).into(),
            }),
            Change::SetLink {
                link: LinkRef::Index(bridge),
                settings: LinkSettings { mtu: Some(7), ..Default::default() },
            },
        ])
        .unwrap();
    let said: Vec<String> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Ok(()) => "done".to_owned(),
            Err(why) => why.to_string().replace(&format!("link {bridge}"), "link N"),
        })
        .collect();
    expect_test::expect![[r#"
        cannot add address `10.211.0.1/24` to link N
        cannot delete link `none`
        done
        cannot forget neighbour `10.211.0.77` on link N
        cannot change link N"#]]
    .assert_eq(&said.join("\n"));
    let words = std::error::Error::source(outcomes[4].as_ref().unwrap_err()).unwrap().to_string();
    assert_eq!(words, "mtu less than device minimum: Invalid argument (os error 22)");
    assert_eq!(outcomes[0].as_ref().unwrap_err().errno(), Some(Errno::EXIST));
    assert_eq!(route.link(LinkRef::Name(name("br0"))).unwrap(), None);
}

#[test]
fn a_thousand_changes_go_in_one_call() {
    let (_host, mut route, bridge) = host();
    let address =
        |n: u16| Address { link: bridge, prefix: IpPrefix::new([10, 212, (n >> 8) as u8, n as u8], 32) };
    let changes: Vec<_> = (0..1000).map(|n| Change::AddAddress(address(n))).collect();
    route.apply(&changes).unwrap();
    assert_eq!(route.addresses().unwrap().iter().filter(|it| it.prefix.length == 32).count(), 1000);
}

#[test]
fn making_and_entering_a_namespace_leaves_the_caller_where_it_is() {
    let before = std::fs::read_link("/proc/thread-self/ns/net").unwrap();
    let (namespace, _) = NetworkNamespace::create().unwrap();
    let inside = namespace.run(|| std::fs::read_link("/proc/thread-self/ns/net").unwrap()).unwrap();
    assert_ne!(inside, before);
    assert_eq!(std::fs::read_link("/proc/thread-self/ns/net").unwrap(), before);
    assert!(namespace.run(|| std::fs::exists("/proc/sys/net/ipv4/conf/eth0").unwrap()).is_ok_and(|it| !it));
}
