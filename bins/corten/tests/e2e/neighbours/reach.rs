//! Who reaches published ports, and as whom.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use corten_testkit::network::{listen, seen};

use super::host::{HOST, HOST6, Host, NEIGHBOUR, NEIGHBOUR6};

#[test]
fn a_server_sees_strangers_as_they_are_and_the_host_by_the_address_it_used() {
    let Some(host) = Host::new() else { return };
    let web = host.container("web", &["--publish", "8080:80"]);
    let other = host.container("other", &[]);
    let server = listen(&web.namespace, 80);
    let from = |client, at: IpAddr| seen(&server, client, (at, 8080)).parse::<IpAddr>().unwrap();
    assert_eq!(from(&host.neighbour, HOST.into()), NEIGHBOUR);
    assert_eq!(from(&host.neighbour, HOST6.into()), NEIGHBOUR6);
    assert_eq!(from(&host.namespace, HOST.into()), HOST);
    assert_eq!(from(&host.namespace, HOST6.into()), HOST6);
    // What comes by a loopback, from a container or from itself, has the bridge's address.
    assert_eq!(from(&host.namespace, Ipv4Addr::LOCALHOST.into()), web.gateway);
    assert_eq!(from(&host.namespace, Ipv6Addr::LOCALHOST.into()), web.gateway);
    for client in [&other, &web] {
        assert_eq!(from(&client.namespace, HOST.into()), web.gateway);
        assert_eq!(from(&client.namespace, web.gateway.into()), web.gateway);
        assert!(from(&client.namespace, HOST6.into()).is_ipv6());
    }
    // Between containers, nothing changes.
    assert_eq!(seen(&server, &other.namespace, (web.ipv4, 80)), other.ipv4.to_string());
    assert_eq!(seen(&server, &other.namespace, (web.ipv6.unwrap(), 80)), other.ipv6.unwrap().to_string());
}

#[test]
fn a_port_of_one_address_is_no_port_of_the_others() {
    let Some(host) = Host::new() else { return };
    let web =
        host.container("web", &["--publish", "127.0.0.1:8080:80", "--publish", "[2001:db8::1]:8081:80"]);
    let server = listen(&web.namespace, 80);
    assert_eq!(seen(&server, &host.namespace, (Ipv4Addr::LOCALHOST, 8080)), web.gateway.to_string());
    assert_eq!(seen(&server, &host.neighbour, (HOST6, 8081)), NEIGHBOUR6.to_string());
    for (at, port) in [(IpAddr::from(HOST), 8080), (HOST6.into(), 8080), (HOST.into(), 8081)] {
        let refused = host.neighbour.run(|| std::net::TcpStream::connect((at, port))).unwrap().unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused, "{at}:{port}");
    }
}

#[test]
fn containers_go_out_under_the_hosts_addresses() {
    let Some(host) = Host::new() else { return };
    let client = host.container("client", &[]);
    let server = listen(&host.neighbour, 80);
    assert_eq!(seen(&server, &client.namespace, (NEIGHBOUR, 80)), HOST.to_string());
    assert_eq!(seen(&server, &client.namespace, (NEIGHBOUR6, 80)), HOST6.to_string());
}
