//! A host with a bridge, containers on it, somebody outside, and conversations between them.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;

use corten_netlink::route::{
    Address, Bridge, BridgePort, Change, Link, LinkRef, LinkSettings, Route, RouteSocket, Veth, VethPeer,
};
use corten_netlink::{IpPrefix, LinkName, MacAddress, NetworkNamespace};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub(crate) const UP: LinkSettings =
    LinkSettings { up: Some(true), mtu: None, mac: None, master: None, makes_ipv6_address: None };
pub(crate) const GATEWAY_4: Ipv4Addr = Ipv4Addr::new(10, 211, 0, 1);
pub(crate) const GATEWAY_6: Ipv6Addr = Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, 1);
pub(crate) const HOST_4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
pub(crate) const HOST_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
/// A router asks for its neighbours from a link-local address: without one, it forwards nothing to them.
const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

/// A namespace and a socket in it.
pub(crate) struct Node {
    pub(crate) namespace: NetworkNamespace,
    pub(crate) route: RouteSocket,
}

impl Node {
    fn new() -> Self {
        let (namespace, route) = NetworkNamespace::create().unwrap();
        Self { namespace, route }
    }

    pub(crate) fn link(&mut self, name: &str) -> Link {
        self.route.link(LinkRef::Name(self::name(name))).unwrap().unwrap()
    }

    pub(crate) fn sysctl(&self, path: &str, value: &str) {
        self.namespace.run(|| std::fs::write(format!("/proc/sys/net/{path}"), value).unwrap()).unwrap();
    }

    /// Gives `eth0` its addresses and switches it on.
    fn configure(&mut self, addresses: [IpPrefix; 2], gateways: [IpAddr; 2]) {
        let link = self.link("eth0").index;
        let settings = LinkSettings { makes_ipv6_address: Some(false), ..UP };
        let address = |prefix| Change::AddAddress(Address { link, prefix });
        let route = |gateway| Change::AddRoute(Route::default_via(gateway, link));
        let [four, six] = addresses;
        let set = Change::SetLink { link: LinkRef::Index(link), settings };
        self.route
            .apply(&[set, address(four), address(six), route(gateways[0]), route(gateways[1])])
            .unwrap();
    }
}

pub(crate) fn name(name: &str) -> LinkName {
    LinkName::new(name).unwrap()
}

/// A host with a bridge that has both gateway addresses.
pub(crate) struct Host {
    pub(crate) node: Node,
    pub(crate) bridge: u32,
}

impl Host {
    pub(crate) fn new() -> Self {
        let mut node = Node::new();
        let mac = Some(MacAddress([2, 0x42, 1, 2, 3, 4]));
        node.route.apply(&[Change::AddBridge(Bridge { name: name("br0"), mtu: Some(1400), mac })]).unwrap();
        let bridge = node.link("br0").index;
        let address = |address: IpAddr, length| {
            Change::AddAddress(Address { link: bridge, prefix: IpPrefix::new(address, length) })
        };
        let settings = LinkSettings { makes_ipv6_address: Some(false), ..UP };
        let set = Change::SetLink { link: LinkRef::Index(bridge), settings };
        node.route
            .apply(&[
                address(GATEWAY_4.into(), 24),
                address(GATEWAY_6.into(), 64),
                address(ROUTER.into(), 64),
                set,
            ])
            .unwrap();
        Self { node, bridge }
    }

    /// A container on the bridge, with addresses that end in `last`.
    pub(crate) fn container(&mut self, last: u8) -> Node {
        let mut node = Node::new();
        let host_end = name(&format!("veth{last}"));
        let settings = LinkSettings {
            mtu: Some(1400),
            master: Some(self.bridge),
            makes_ipv6_address: Some(false),
            ..UP
        };
        let mac = Some(MacAddress([2, 0x42, 10, 211, 0, last]));
        let peer = VethPeer { namespace: node.namespace.as_fd(), name: name("eth0"), mac, mtu: Some(1400) };
        let port = BridgePort { hairpin: Some(true), isolated: None };
        self.node
            .route
            .apply(&[
                Change::AddVeth(Veth { name: host_end, settings, peer }),
                Change::SetBridgePort { link: LinkRef::Name(host_end), port },
            ])
            .unwrap();
        let six = Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, last.into());
        let addresses = [IpPrefix::new([10, 211, 0, last], 24), IpPrefix::new(six, 64)];
        node.configure(addresses, [GATEWAY_4.into(), GATEWAY_6.into()]);
        node
    }

    /// Somebody outside, for whom the host is the router.
    pub(crate) fn outside(&mut self) -> Node {
        let mut node = Node::new();
        let peer = VethPeer { namespace: node.namespace.as_fd(), name: name("eth0"), mac: None, mtu: None };
        let settings = LinkSettings { makes_ipv6_address: Some(false), ..UP };
        self.node.route.apply(&[Change::AddVeth(Veth { name: name("out0"), settings, peer })]).unwrap();
        let link = self.node.link("out0").index;
        let address = |prefix| Change::AddAddress(Address { link, prefix });
        self.node
            .route
            .apply(&[
                address(IpPrefix::new(HOST_4, 24)),
                address(IpPrefix::new(HOST_6, 64)),
                address(IpPrefix::new(ROUTER, 64)),
            ])
            .unwrap();
        let six = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);
        node.configure(
            [IpPrefix::new([192, 0, 2, 2], 24), IpPrefix::new(six, 64)],
            [HOST_4.into(), HOST_6.into()],
        );
        node
    }
}

/// A server in a namespace that tells one client the client's address.
pub(crate) struct Server {
    listener: TcpListener,
}

impl Server {
    pub(crate) fn new(on: &Node, at: impl Into<SocketAddr>) -> Self {
        let at = at.into();
        Self { listener: on.namespace.run(|| TcpListener::bind(at).unwrap()).unwrap() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// What a client in a namespace hears from whom it reaches at an address, which must be this server.
    pub(crate) fn told(&self, client: &Node, at: impl Into<SocketAddr>) -> String {
        let at = at.into();
        // The kernel completes the connection before it is accepted.
        let mut stream = client.namespace.run(|| TcpStream::connect(at)).unwrap().unwrap();
        let mut polled = [PollFd::new(&self.listener, PollFlags::IN)];
        let patience = Timespec { tv_sec: 10, tv_nsec: 0 };
        assert_eq!(poll(&mut polled, Some(&patience)), Ok(1), "another server answers at {at}");
        let (mut accepted, from) = self.listener.accept().unwrap();
        write!(accepted, "{}", from.ip()).unwrap();
        drop(accepted);
        let mut told = String::new();
        stream.read_to_string(&mut told).unwrap();
        told
    }
}
