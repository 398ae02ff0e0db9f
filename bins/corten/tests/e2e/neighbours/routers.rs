//! A host that has its default route of IPv6 from a router, which says every few minutes that it is still there (RFC 4861).

use std::net::{Ipv6Addr, SocketAddrV6};
use std::thread;
use std::time::Duration;

use corten_netlink::NetworkNamespace;
use corten_testkit::network::{self, End, index, listen, seen, setting};
use rustix::net::sockopt::{set_ipv6_multicast_hops, set_ipv6_unicast_hops};
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, ipproto, sendto, socket_with};

use super::host::{HOST6, Host, NEIGHBOUR6, ROUTER, UPLINK};

/// `ff02::1`: who listens on the link.
const EVERYBODY: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// What comes from further away is not believed.
const HOPS: u8 = 255;

/// Says that whoever has `interface` is a router for so many seconds.
fn advertise(router: &NetworkNamespace, interface: &str, lifetime: u16) {
    let [high, low] = lifetime.to_be_bytes();
    // Type 134; the kernel fills in the checksum. No flags, and no times but this one.
    let message = [134, 0, 0, 0, 64, 0, high, low, 0, 0, 0, 0, 0, 0, 0, 0];
    let link = index(&mut router.route().unwrap(), interface);
    let to = SocketAddrV6::new(EVERYBODY, 0, 0, link);
    router
        .run(|| {
            let socket = socket_with(
                AddressFamily::INET6,
                SocketType::RAW,
                SocketFlags::CLOEXEC,
                Some(ipproto::ICMPV6),
            )?;
            set_ipv6_multicast_hops(&socket, HOPS.into())?;
            set_ipv6_unicast_hops(&socket, Some(HOPS))?;
            sendto(&socket, &message, SendFlags::empty(), &to)
        })
        .unwrap()
        .unwrap();
}

/// Waits, ten seconds at most, until the host has so many default routes of IPv6.
fn comes_to_have(host: &Host, default_routes: usize) {
    let mut found = 0;
    let reached = (0..1000).any(|_| {
        let routes = host.namespace.route().unwrap().routes().unwrap();
        found = routes
            .iter()
            .filter(|route| {
                route.is_default() && route.destination.address.is_ipv6() && !route.hops.is_empty()
            })
            .count();
        if found != default_routes {
            thread::sleep(Duration::from_millis(10));
        }
        found == default_routes
    });
    assert!(reached, "{found} default routes instead of {default_routes}");
}

#[test]
fn a_host_keeps_the_route_that_it_learned_and_goes_on_learning() {
    let Some(host) = Host::without_a_way_out() else { return };
    host.connect();
    assert_eq!(setting(&host.namespace, &format!("ipv6/conf/{UPLINK}/accept_ra")), "1");
    advertise(&host.neighbour, "eth0", 1800);
    comes_to_have(&host, 1);
    let client = host.container("client", &[]);
    assert_eq!(setting(&host.namespace, "ipv6/conf/all/forwarding"), "1");
    comes_to_have(&host, 1);
    let server = listen(&host.neighbour, 80);
    assert_eq!(seen(&server, &client.namespace, (NEIGHBOUR6, 80)), HOST6.to_string());
    // The router goes, and comes again.
    advertise(&host.neighbour, "eth0", 0);
    comes_to_have(&host, 0);
    advertise(&host.neighbour, "eth0", 1800);
    comes_to_have(&host, 1);
}

#[test]
fn a_host_listens_to_the_routers_of_interfaces_that_come_later() {
    let Some(host) = Host::new() else { return };
    host.container("client", &[]);
    let (router, _) = NetworkNamespace::create().unwrap();
    network::connect(
        End { namespace: &host.namespace, name: "later", addresses: &[] },
        End { namespace: &router, name: "eth0", addresses: &[ROUTER] },
    );
    advertise(&router, "eth0", 1800);
    comes_to_have(&host, 2);
}

/// A container is no host of its own: it believes no other container that says it is a router.
#[test]
fn containers_and_the_bridge_listen_to_no_router() {
    let Some(host) = Host::new() else { return };
    let (first, second) = (host.container("first", &[]), host.container("second", &[]));
    let before = second.namespace.route().unwrap().routes().unwrap();
    advertise(&first.namespace, "eth0", 1800);
    // What is sent behind it has arrived when that is answered.
    let server = listen(&second.namespace, 80);
    seen(&server, &first.namespace, (second.ipv6.unwrap(), 80));
    assert_eq!(second.namespace.route().unwrap().routes().unwrap(), before);
    comes_to_have(&host, 1);
}
