//! A whole rule set that publishes ports, with the traffic that it is for and the traffic that it is against.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use corten_netlink::IpPrefix;
use corten_netlink::conntrack::Filter;
use corten_netlink::nft::{
    Chain, ChainKind, Change, Element, Field, FieldType, Hook, IpVersion, Missing, NftSocket, Ports, Rule,
    Selector, Set, Table, priority, status,
};
use corten_netlink::route::{self, LOCAL_TABLE, Route};

use crate::network::{GATEWAY_4, HOST_4, HOST_6, Host, Node, Server, name};

const ONE: Field = Field::Ipv4(Ipv4Addr::new(10, 211, 0, 2));
const ONE_6: Field = Field::Ipv6(std::net::Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, 2));

fn table() -> Table {
    Table::inet("corten")
}

fn pub4() -> Set {
    use FieldType::{Ipv4, Port, Protocol};
    Set::map("pub4", &[Ipv4, Protocol, Port], &[Ipv4, Port])
}

fn any4() -> Set {
    use FieldType::{Ipv4, Port, Protocol};
    Set::map("any4", &[Protocol, Port], &[Ipv4, Port])
}

fn any6() -> Set {
    use FieldType::{Ipv6, Port, Protocol};
    Set::map("any6", &[Protocol, Port], &[Ipv6, Port])
}

/// Ranges of ports whose numbers are the same in the container.
fn ranges4() -> Set {
    use FieldType::{Ipv4, Port, Protocol};
    Set::map("ranges4", &[Protocol, Port], &[Ipv4]).of_ranges()
}

/// Ranges of ports in which the container has other numbers: the kernel picks one.
fn shifted4() -> Set {
    use FieldType::{Ipv4, Port, Protocol};
    Set::map("shifted4", &[Protocol, Port], &[Ipv4, Port, Port]).of_ranges()
}

fn nets4() -> Set {
    Set::new("nets4", &[FieldType::Ipv4]).of_ranges()
}

fn chains() -> Vec<Change> {
    let filter = ChainKind::Filter;
    let nat = ChainKind::Nat;
    [
        Chain::new("pub"),
        Chain::base("prerouting", nat, Hook::Prerouting, priority::DSTNAT),
        Chain::base("output", nat, Hook::Output, priority::DSTNAT),
        Chain::base("postrouting", nat, Hook::Postrouting, priority::SRCNAT),
        Chain::base("raw", filter, Hook::Prerouting, priority::RAW),
    ]
    .map(Change::AddChain)
    .to_vec()
}

fn rules() -> Vec<Change> {
    use Selector::{DestinationPort, InputName, Ipv4Destination, Ipv4Source, OutputName, Protocol};
    let rule = |chain: &str, rule| Change::AddRule { chain: chain.to_owned(), rule };
    let four = IpVersion::Four;
    let to_pub = || Rule::new().to_this_host().one_of(Protocol, &[Field::TCP, Field::UDP]).jump("pub");
    let loopback = IpPrefix::new([127, 0, 0, 0], 8);
    let (br0, lo) = (Field::LinkName(name("br0")), Field::LinkName(name("lo")));
    let port = [Protocol, DestinationPort];
    vec![
        rule(
            "pub",
            Rule::new().dnat(&[Ipv4Destination, Protocol, DestinationPort], "pub4", four, Ports::One),
        ),
        rule("pub", Rule::new().dnat(&port, "any4", four, Ports::One).comment("every address")),
        rule("pub", Rule::new().dnat(&port, "any6", IpVersion::Six, Ports::One)),
        rule("pub", Rule::new().dnat(&port, "ranges4", four, Ports::Kept)),
        rule("pub", Rule::new().dnat(&port, "shifted4", four, Ports::Range)),
        rule("prerouting", to_pub()),
        rule("output", to_pub()),
        rule("postrouting", Rule::new().is(OutputName, br0).source(loopback).masquerade()),
        rule(
            "postrouting",
            Rule::new().is(OutputName, br0).status(status::DNAT).in_set(&[Ipv4Source], "nets4").masquerade(),
        ),
        rule(
            "postrouting",
            Rule::new().is_not(OutputName, br0).in_set(&[Ipv4Source], "nets4").counter().masquerade(),
        ),
        rule("raw", Rule::new().is_not(InputName, lo).destination(loopback).drop()),
        rule("raw", Rule::new().is_not(InputName, lo).source(loopback).drop()),
        rule("raw", Rule::new().none_of(InputName, &[br0, lo]).in_set(&[Ipv4Destination], "nets4").drop()),
    ]
}

fn elements() -> Vec<Change> {
    let port = Field::Port;
    let loopback = Field::Ipv4(Ipv4Addr::LOCALHOST);
    let add = |set, elements| Change::AddElements { set, elements };
    vec![
        add(pub4(), vec![Element::new(&[loopback, Field::TCP, port(7070)]).to(&[ONE, port(80)])]),
        add(
            any4(),
            [Field::TCP, Field::UDP].map(|it| Element::new(&[it, port(8080)]).to(&[ONE, port(80)])).to_vec(),
        ),
        add(any6(), vec![Element::new(&[Field::TCP, port(8080)]).to(&[ONE_6, port(80)])]),
        add(ranges4(), vec![Element::range(&[Field::TCP, port(9000)], &[Field::TCP, port(9010)]).to(&[ONE])]),
        add(
            shifted4(),
            vec![Element::range(&[Field::TCP, port(5000)], &[Field::TCP, port(5010)]).to(&[
                ONE,
                port(80),
                port(80),
            ])],
        ),
        add(nets4(), vec![Element::network(IpPrefix::new([10, 211, 0, 0], 24))]),
    ]
}

/// The whole of it, in one transaction that also does away with an earlier table.
fn publish() -> Vec<Change> {
    let add = || Change::AddTable { comment: Some("by a test".to_owned()) };
    let sets = [pub4(), any4(), any6(), ranges4(), shifted4(), nets4()].map(Change::AddSet);
    [vec![add(), Change::DeleteTable, add()], sets.to_vec(), chains(), rules(), elements()].concat()
}

fn host() -> (Host, NftSocket) {
    let host = Host::new();
    host.node.sysctl("ipv4/ip_forward", "1");
    host.node.sysctl("ipv6/conf/all/forwarding", "1");
    host.node.sysctl("ipv4/conf/br0/route_localnet", "1");
    let mut nft = host.node.namespace.nft().unwrap();
    nft.commit(&table(), &publish()).unwrap();
    (host, nft)
}

/// Whether a connection comes about at all; of what is dropped, nothing is ever heard.
fn connects(from: &Node, to: (Ipv4Addr, u16)) -> bool {
    let to = SocketAddr::from(to);
    from.namespace.run(|| TcpStream::connect_timeout(&to, Duration::from_millis(200)).is_ok()).unwrap()
}

fn udp(on: &Node, port: u16) -> UdpSocket {
    on.namespace.run(|| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap()).unwrap()
}

#[test]
fn a_published_port_is_reached_from_everywhere_and_its_server_sees_the_client() {
    let (mut host, _nft) = host();
    let (outside, one, two) = (host.outside(), host.container(2), host.container(3));
    let four = Server::new(&one, ([0, 0, 0, 0], 80));
    assert_eq!(four.told(&outside, (HOST_4, 8080)), "192.0.2.2");
    assert_eq!(four.told(&host.node, (HOST_4, 8080)), "192.0.2.1");
    assert_eq!(four.told(&host.node, (Ipv4Addr::LOCALHOST, 7070)), "10.211.0.1");
    assert_eq!(four.told(&host.node, (Ipv4Addr::LOCALHOST, 8080)), "10.211.0.1");
    assert_eq!(four.told(&two, (HOST_4, 8080)), "10.211.0.1");
    assert_eq!(four.told(&one, (HOST_4, 8080)), "10.211.0.1");
    drop(four);
    let six = Server::new(&one, "[::]:80".parse::<SocketAddr>().unwrap());
    assert_eq!(six.told(&outside, (HOST_6, 8080)), "2001:db8::2");
}

#[test]
fn ranges_keep_the_port_or_move_it_into_another_range() {
    let (mut host, _nft) = host();
    let (outside, one) = (host.outside(), host.container(2));
    for port in [9000, 9007, 9010] {
        assert_eq!(Server::new(&one, ([0, 0, 0, 0], port)).told(&outside, (HOST_4, port)), "192.0.2.2");
    }
    let server = Server::new(&one, ([0, 0, 0, 0], 80));
    assert_eq!(server.told(&outside, (HOST_4, 5005)), "192.0.2.2");
}

#[test]
fn udp_is_published_like_tcp() {
    let (mut host, _nft) = host();
    let (outside, one) = (host.outside(), host.container(2));
    let (server, client) = (udp(&one, 80), udp(&outside, 0));
    client.connect((HOST_4, 8080)).unwrap();
    client.send(b"hello").unwrap();
    let mut buffer = [0; 16];
    let (length, from) = server.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], from.ip()), (&b"hello"[..], [192, 0, 2, 2].into()));
    server.send_to(b"back", from).unwrap();
    let length = client.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"back");
}

#[test]
fn containers_leave_with_the_hosts_address() {
    let (mut host, _nft) = host();
    let (outside, one) = (host.outside(), host.container(2));
    let server = Server::new(&outside, ([0, 0, 0, 0], 80));
    assert_eq!(server.told(&one, ([192, 0, 2, 2], 80)), "192.0.2.1");
}

#[test]
fn what_is_not_published_stays_inside() {
    let (mut host, mut nft) = host();
    let (outside, one) = (host.outside(), host.container(2));
    let _unpublished = Server::new(&one, ([0, 0, 0, 0], 81));
    assert!(!connects(&outside, (Ipv4Addr::new(10, 211, 0, 2), 81)));
    // Without the chain that closes it, it is open: the test does test something.
    nft.commit(&table(), &[Change::FlushChain("raw".to_owned())]).unwrap();
    assert!((0..50).any(|_| connects(&outside, (Ipv4Addr::new(10, 211, 0, 2), 81))));
}

#[test]
fn what_is_published_on_loopback_is_not_reached_from_outside() {
    let (mut host, mut nft) = host();
    let (mut outside, one) = (host.outside(), host.container(2));
    let server = udp(&one, 80);
    server.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    // Somebody on the same link who sends what is for 127.0.0.1 to the host (CVE-2020-8558).
    outside.sysctl("ipv4/conf/all/route_localnet", "1");
    let loopback = IpPrefix::new([127, 0, 0, 0], 8);
    let routes = outside.route.routes().unwrap();
    let own = routes.into_iter().filter(|it| it.table == LOCAL_TABLE && it.destination.address.is_loopback());
    let mut changes: Vec<_> = own.map(route::Change::DeleteRoute).collect();
    let eth0 = outside.link("eth0").index;
    let source = Some([192, 0, 2, 2].into());
    let to_host = Route { destination: loopback, source, ..Route::default_via(HOST_4.into(), eth0) };
    changes.push(route::Change::AddRoute(to_host));
    outside.route.apply(&changes).unwrap();
    let client = udp(&outside, 0);
    let reaches = || {
        client.send_to(b"hello", (Ipv4Addr::LOCALHOST, 8080)).unwrap();
        server.recv(&mut [0; 16]).is_ok()
    };
    assert!(!reaches());
    nft.commit(&table(), &[Change::FlushChain("raw".to_owned())]).unwrap();
    assert!((0..50).any(|_| reaches()));
}

#[test]
fn a_port_is_withdrawn_by_deleting_an_element_and_a_missing_one_may_be_tolerated() {
    let (mut host, mut nft) = host();
    let (outside, one) = (host.outside(), host.container(2));
    let server = Server::new(&one, ([0, 0, 0, 0], 80));
    assert_eq!(server.told(&outside, (HOST_4, 8080)), "192.0.2.2");
    let gone = [8080, 8081].map(|port| Element::new(&[Field::TCP, Field::Port(port)]));
    let delete = |missing| Change::DeleteElements { set: any4(), elements: gone.to_vec(), missing };
    let refused = nft.commit(&table(), &[delete(Missing::Refused)]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "cannot change table `inet corten`: delete element `tcp . 8081` of set `any4`"
    );
    assert_eq!(server.told(&outside, (HOST_4, 8080)), "192.0.2.2");

    for _ in 0..2 {
        nft.commit(&table(), &[delete(Missing::Tolerated)]).unwrap();
        let at = SocketAddr::from((HOST_4, 8080));
        let refused = outside.namespace.run(|| TcpStream::connect(at).unwrap_err().kind()).unwrap();
        assert_eq!(refused, ErrorKind::ConnectionRefused);
    }
    let left: Vec<String> = nft.elements(&table(), &any4()).unwrap().iter().map(Element::to_string).collect();
    assert_eq!(left, ["udp . 8080"]);
    assert_eq!(server.told(&host.node, (GATEWAY_4, 5001)), "10.211.0.1");
}

#[test]
fn a_datagram_goes_to_the_ports_new_container_once_the_old_connection_is_forgotten() {
    let (mut host, mut nft) = host();
    let (outside, one, two) = (host.outside(), host.container(2), host.container(3));
    let (old, new, client) = (udp(&one, 80), udp(&two, 80), udp(&outside, 0));
    client.connect((HOST_4, 8080)).unwrap();
    let send = |text: &[u8]| client.send(text).unwrap();
    let heard = |server: &UdpSocket| {
        let mut buffer = [0; 16];
        let length = server.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    send(b"first");
    assert_eq!(heard(&old), "first");

    let key = Element::new(&[Field::UDP, Field::Port(8080)]);
    let moved = key.clone().to(&[Field::Ipv4(Ipv4Addr::new(10, 211, 0, 3)), Field::Port(80)]);
    let delete = Change::DeleteElements { set: any4(), elements: vec![key], missing: Missing::Refused };
    nft.commit(&table(), &[delete, Change::AddElements { set: any4(), elements: vec![moved] }]).unwrap();
    send(b"second");
    assert_eq!(heard(&old), "second");

    let mut conntrack = host.node.namespace.conntrack().unwrap();
    let published = Filter::published(17, Some(HOST_4.into()), 8080);
    let known = conntrack.entries(&[published]).unwrap();
    assert_eq!(known[0].original.source, client.local_addr().unwrap().ip());
    assert_eq!(
        known,
        conntrack.entries(&[Filter::answered_by(Ipv4Addr::new(10, 211, 0, 2).into())]).unwrap()
    );
    let others = [
        Filter::published(6, None, 8080),
        Filter::published(17, None, 8081),
        Filter::begun_by(HOST_4.into()),
    ];
    assert_eq!(conntrack.delete(&others).unwrap(), 0);
    assert_eq!(conntrack.delete(&[published]).unwrap(), 1);
    send(b"third");
    assert_eq!(heard(&new), "third");
    assert!(conntrack.delete(&[Filter::default()]).unwrap() >= 1);
    assert_eq!(conntrack.entries(&[published]).unwrap(), []);
}
