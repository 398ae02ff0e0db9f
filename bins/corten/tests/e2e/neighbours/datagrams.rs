//! Published ports of UDP, whose flows the kernel remembers beyond the containers that they went to.

use std::net::UdpSocket;
use std::time::Duration;

use corten_netlink::NetworkNamespace;

use super::host::{HOST, Host, NEIGHBOUR};

fn bound(on: &NetworkNamespace, port: u16) -> UdpSocket {
    let socket = on.run(|| UdpSocket::bind(("0.0.0.0", port))).unwrap().unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket
}

/// Has a client that sends from the same port all the time be heard, and answered.
#[track_caller]
fn is_served(server: &UdpSocket, client: &UdpSocket) {
    let mut buffer = [0; 8];
    client.send_to(b"word", (HOST, 5353)).unwrap();
    let (length, from) = server.recv_from(&mut buffer).unwrap();
    assert_eq!(from.ip(), NEIGHBOUR);
    server.send_to(&buffer[..length], from).unwrap();
    assert_eq!(client.recv_from(&mut buffer).unwrap().1, (HOST, 5353).into());
}

#[test]
fn who_goes_on_sending_reaches_whoever_has_the_port_now() {
    let Some(host) = Host::new() else { return };
    let client = bound(&host.neighbour, 4000);
    // Before anybody has it: the host says that nobody does.
    client.send_to(b"early", (HOST, 5353)).unwrap();
    let publish = ["--publish", "5353:53/udp"];
    let first = host.container("first", &publish);
    is_served(&bound(&first.namespace, 53), &client);
    host.run(&["rm", "--force", "first"]).success();
    client.send_to(b"between", (HOST, 5353)).unwrap();
    let keeper = host.container("keeper", &[]);
    let second = host.container("second", &publish);
    assert_ne!(keeper.ipv4, second.ipv4);
    is_served(&bound(&second.namespace, 53), &client);
    // One that ends by itself, without a command.
    host.run(&["kill", "second"]).success();
    let third = host.container("third", &publish);
    is_served(&bound(&third.namespace, 53), &client);
}
