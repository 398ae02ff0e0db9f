//! Links, addresses and routes, with real packets.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use corten_netlink::route::{
    Address, BridgePort, Change, LOCAL_TABLE, LinkRef, LinkSettings, MAIN_TABLE, Neighbour, NextHop, Route,
};
use corten_netlink::{IpPrefix, MacAddress, NetworkNamespace};
use rustix::io::Errno;

use crate::network::{GATEWAY_4, GATEWAY_6, Host, Server, name};

#[test]
fn containers_on_a_bridge_reach_each_other_and_the_host_by_both_families() {
    let mut host = Host::new();
    let (one, two) = (host.container(2), host.container(3));
    let server = Server::new(&two, ([10, 211, 0, 3], 0));
    assert_eq!(server.told(&one, server.address()), "10.211.0.2");
    assert_eq!(server.told(&host.node, server.address()), "10.211.0.1");
    let server = Server::new(&two, "[fd09::3]:0".parse::<SocketAddr>().unwrap());
    assert_eq!(server.told(&one, server.address()), "fd09::2");
    let server = Server::new(&host.node, (GATEWAY_4, 0));
    assert_eq!(server.told(&two, server.address()), "10.211.0.3");
}

#[test]
fn links_are_as_they_were_asked_for() {
    let mut host = Host::new();
    let mut one = host.container(2);
    let br0 = host.node.link("br0");
    assert_eq!((br0.kind.as_deref(), br0.mtu, br0.is_up()), (Some("bridge"), 1400, true));
    assert_eq!(br0.mac.unwrap().to_string(), "02:42:01:02:03:04");
    let port = host.node.link("veth2");
    assert_eq!((port.kind.as_deref(), port.master, port.is_up()), (Some("veth"), Some(host.bridge), true));
    assert_eq!(port.bridge_port, Some(BridgePort { hairpin: Some(true), isolated: Some(false) }));
    let eth0 = one.link("eth0");
    assert_eq!((eth0.mac.unwrap().0[5], eth0.mtu, eth0.is_up()), (2, 1400, true));
    let names: Vec<String> = host.node.route.links().unwrap().into_iter().map(|link| link.name).collect();
    assert_eq!(names, ["lo", "br0", "veth2"]);
    assert!(host.node.route.links().unwrap()[0].is_up());

    // No link gives itself an address: those that were added are all there are.
    let mut addresses: Vec<String> =
        one.route.addresses().unwrap().iter().map(|it| it.prefix.to_string()).collect();
    addresses.sort();
    assert_eq!(addresses, ["10.211.0.2/24", "127.0.0.1/8", "::1/128", "fd09::2/64"]);
    let own: Vec<String> =
        host.node.route.addresses().unwrap().iter().map(|it| it.prefix.to_string()).collect();
    assert_eq!(own.iter().filter(|it| it.starts_with("fe80")).collect::<Vec<_>>(), ["fe80::1/64"]);
}

#[test]
fn settings_change_one_by_one_and_what_was_made_goes_again() {
    let mut host = Host::new();
    let mut one = host.container(2);
    let port = LinkRef::Name(name("veth2"));
    let isolated = BridgePort { hairpin: Some(false), isolated: Some(true) };
    host.node.route.apply(&[Change::SetBridgePort { link: port, port: isolated }]).unwrap();
    assert_eq!(host.node.link("veth2").bridge_port, Some(isolated));

    let settings = LinkSettings {
        up: Some(false),
        mtu: Some(1300),
        mac: Some(MacAddress([2, 0, 0, 0, 0, 9])),
        master: Some(0),
        ..LinkSettings::default()
    };
    host.node.route.apply(&[Change::SetLink { link: port, settings }]).unwrap();
    let changed = host.node.link("veth2");
    assert_eq!((changed.is_up(), changed.mtu, changed.master), (false, 1300, None));
    assert_eq!(changed.mac, settings.mac);

    let eth0 = one.link("eth0").index;
    let address = Address { link: eth0, prefix: IpPrefix::new([10, 211, 0, 2], 24) };
    one.route.apply(&[Change::DeleteAddress(address)]).unwrap();
    assert!(!one.route.addresses().unwrap().contains(&address));
    host.node.route.apply(&[Change::DeleteLink(port)]).unwrap();
    assert_eq!(one.route.link(LinkRef::Index(eth0)).unwrap(), None);
}

#[test]
fn a_neighbour_is_forgotten() {
    let mut host = Host::new();
    let one = host.container(2);
    let address = Ipv4Addr::new(10, 211, 0, 2);
    let [server, client] = [(&one, address), (&host.node, GATEWAY_4)]
        .map(|(node, address)| node.namespace.run(|| UdpSocket::bind((address, 0)).unwrap()).unwrap());
    client.send_to(b"hello", server.local_addr().unwrap()).unwrap();
    server.recv(&mut [0; 8]).unwrap();
    let forget = [Change::DeleteNeighbour(Neighbour { link: host.bridge, address: address.into() })];
    host.node.route.apply(&forget).unwrap();
    let again = host.node.route.apply(&forget).unwrap_err();
    assert_eq!(again.errno(), Some(Errno::NOENT));
}

#[test]
fn routes_of_both_families_and_all_tables_are_listed() {
    let mut host = Host::new();
    let mut one = host.container(2);
    let eth0 = one.link("eth0").index;
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
    spread.hops.push(NextHop { link: Some(eth0), gateway: Some(other) });
    let added = [far.clone(), across.clone(), spread.clone()];
    one.route.apply(&added.clone().map(Change::AddRoute)).unwrap();
    let routes = one.route.routes().unwrap();
    for route in &added {
        assert!(routes.contains(route), "{route:?} in {routes:#?}");
    }
    let defaults: Vec<_> = routes.iter().filter(|it| it.is_default() && it.table == MAIN_TABLE).collect();
    assert_eq!(defaults.len(), 2, "{defaults:#?}");
    assert!(routes.iter().any(|it| it.table == LOCAL_TABLE && it.destination.to_string() == "10.211.0.2/32"));

    one.route.apply(&added.clone().map(Change::DeleteRoute)).unwrap();
    let routes = one.route.routes().unwrap();
    assert!(!added.iter().any(|route| routes.contains(route)));
}

#[test]
fn a_refusal_names_the_object_and_leaves_the_other_changes_done() {
    let mut host = Host::new();
    let (route, bridge) = (&mut host.node.route, host.bridge);
    let prefix = IpPrefix::new(GATEWAY_4, 24);
    let address = Address { link: bridge, prefix };
    let outcomes = route
        .apply_each(&[
            Change::AddAddress(address),
            Change::DeleteLink(LinkRef::Name(name("none"))),
            Change::SetLink {
                link: LinkRef::Index(bridge),
                settings: LinkSettings { up: Some(false), ..LinkSettings::default() },
            },
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
        done
        cannot forget neighbour `10.211.0.77` on link N
        cannot change link N"#]]
    .assert_eq(&said.join("\n"));
    let words = Error::source(outcomes[5].as_ref().unwrap_err()).unwrap().to_string();
    assert_eq!(words, "mtu less than device minimum: Invalid argument (os error 22)");
    assert_eq!(outcomes[0].as_ref().unwrap_err().errno(), Some(Errno::EXIST));
    assert_eq!(route.link(LinkRef::Name(name("br0"))).unwrap(), None);
}

#[test]
fn a_thousand_changes_are_made_without_losing_an_answer() {
    let mut host = Host::new();
    let (route, bridge) = (&mut host.node.route, host.bridge);
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
