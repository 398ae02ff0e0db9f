//! What the host forwards, on whose account, and who keeps it from doing so.

use corten_netlink::nft::{
    Base, Chain, ChainKind, Change, Field, Hook, NftSocket, Policy, Rule, Selector, Table, priority,
};
use corten_network::firewall::{Forwarding, turn_on};
use corten_testkit::network::{is_out_of_reach, listen, seen};

use crate::host::{HOST, Host, NEIGHBOUR, target};

#[test]
fn containers_go_out_under_the_hosts_address() {
    let mut host = Host::new();
    let (container, neighbour) = (host.container(2), host.neighbour());
    let server = listen(&neighbour, 80);
    assert_eq!(seen(&server, &container, (NEIGHBOUR, 80)), HOST.to_string());
}

#[test]
fn a_host_that_forwards_on_our_account_is_no_router_for_others() {
    let mut host = Host::new();
    let (one, two) = (host.neighbour(), host.neighbour());
    let server = listen(&two, 80);
    let beyond: std::net::Ipv4Addr = "192.0.3.2".parse().unwrap();
    assert_eq!(seen(&server, &one, (beyond, 80)), NEIGHBOUR.to_string());
    // The host was a router for IPv4 before, and stays one.
    host.replace(Forwarding { ipv4: false, ipv6: true });
    assert_eq!(seen(&server, &one, (beyond, 80)), NEIGHBOUR.to_string());
    host.replace(Forwarding { ipv4: true, ipv6: false });
    assert!(is_out_of_reach(&one, (beyond, 80)));
    let container = host.container(2);
    assert_eq!(seen(&server, &container, (beyond, 80)), "192.0.3.1");
}

#[test]
fn an_interface_that_listened_to_routers_goes_on_to() {
    let (namespace, _) = corten_netlink::NetworkNamespace::create().unwrap();
    let read = |name: &str| std::fs::read_to_string(format!("/proc/sys/net/ipv6/conf/{name}")).unwrap();
    let write =
        |name: &str, value: &str| std::fs::write(format!("/proc/sys/net/ipv6/conf/{name}"), value).unwrap();
    let found = namespace.run(|| {
        std::fs::write("/proc/sys/net/ipv4/ip_forward", "0").unwrap();
        write("default/accept_ra", "0");
        write("lo/accept_ra", "1");
        assert!(!Forwarding::read().unwrap().suffices(false));
        turn_on(true).unwrap();
        assert!(Forwarding::read().unwrap().suffices(true));
        [read("default/accept_ra"), read("lo/accept_ra")]
    });
    assert_eq!(found.unwrap(), ["0\n", "2\n"]);
}

/// What ufw's default and iptables' `FORWARD DROP` come to.
fn foreign_drop(host: &Host) -> Table {
    let table = Table::inet("foreign");
    let base = Base {
        kind: ChainKind::Filter,
        hook: Hook::Forward,
        priority: priority::FILTER,
        policy: Policy::Drop,
    };
    let chain = Chain { name: "forward".to_owned(), base: Some(base) };
    let changes = [Change::AddTable { comment: None }, Change::AddChain(chain)];
    host.inside(|| NftSocket::open()?.commit(&table, &changes)).unwrap();
    table
}

#[test]
fn a_foreign_drop_wins_and_is_named() {
    let mut host = Host::new();
    let (container, neighbour) = (host.container(2), host.neighbour());
    host.firewall(|firewall| firewall.publish(&[target(None, 8080)])).unwrap();
    let server = listen(&container, 80);
    assert_eq!(host.firewall(|firewall| firewall.foreign_drops("corten")).unwrap(), []);
    let table = foreign_drop(&host);
    assert!(is_out_of_reach(&neighbour, (HOST, 8080)));
    // What the host itself sends is not forwarded.
    seen(&server, &host.namespace, (HOST, 8080));
    let drops = host.firewall(|firewall| firewall.foreign_drops("corten")).unwrap();
    let named: Vec<String> = drops.iter().map(ToString::to_string).collect();
    assert_eq!(named, ["chain `forward` of table `inet foreign`"]);
    // Somebody has let our bridge through: whether that is enough is his to know.
    let bridge = Field::LinkName(host.segment.bridge);
    let accept = [Selector::InputName, Selector::OutputName].map(|name| Change::AddRule {
        chain: "forward".to_owned(),
        rule: Rule::new().is(name, bridge).accept(),
    });
    host.inside(|| NftSocket::open()?.commit(&table, &accept)).unwrap();
    assert_eq!(seen(&server, &neighbour, (HOST, 8080)), NEIGHBOUR.to_string());
    assert_eq!(host.firewall(|firewall| firewall.foreign_drops("corten")).unwrap(), []);
}
