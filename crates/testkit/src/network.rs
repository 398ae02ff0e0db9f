//! Networks of a test's own: cables between network namespaces, and who reaches whom as whom.
//!
//! Nothing has to be taken down: a namespace ends with the last descriptor of it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use corten_netlink::route::{
    Address, Change, LOCAL_TABLE, LinkRef, LinkSettings, Route, RouteSocket, Veth, VethPeer,
};
use corten_netlink::{IpPrefix, LinkName, NetworkNamespace};

/// How long somebody who is not to be reached is waited for.
const SHORT: Duration = Duration::from_millis(300);
/// How long somebody who is to be reached may take.
const LONG: Duration = Duration::from_secs(10);

const UP: LinkSettings =
    LinkSettings { up: Some(true), mtu: None, mac: None, master: None, makes_ipv6_address: None };

/// An end of a cable.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// Whose it is.
    pub namespace: &'a NetworkNamespace,
    /// Its name there.
    pub name: &'a str,
    /// Its addresses.
    pub addresses: &'a [IpPrefix],
}

/// Lays a cable; it and its addresses are for use at once.
///
/// # Panics
/// When the kernel refuses.
pub fn connect(one: End<'_>, other: End<'_>) {
    let name = |end: &End<'_>| LinkName::new(end.name).expect("a name");
    let peer = VethPeer { namespace: other.namespace.as_fd(), name: name(&other), mac: None, mtu: None };
    let cable = Change::AddVeth(Veth { name: name(&one), settings: UP, peer });
    one.namespace.route().expect("a socket").apply(&[cable]).expect("a cable");
    for End { namespace, name, addresses } in [one, other] {
        // An address of IPv6 is not for use for a second, until nobody else is seen to have it (RFC 4862, 5.4).
        set(namespace, &format!("ipv6/conf/{name}/accept_dad"), "0");
        let mut socket = namespace.route().expect("a socket");
        let link = index(&mut socket, name);
        let add = |prefix: &IpPrefix| Change::AddAddress(Address { link, prefix: *prefix });
        let mut changes = vec![Change::SetLink { link: LinkRef::Index(link), settings: UP }];
        changes.extend(addresses.iter().map(add));
        socket.apply(&changes).expect("addresses");
    }
    for End { namespace, name, .. } in [one, other] {
        await_carrier(&mut namespace.route().expect("a socket"), name);
    }
}

/// The kernel notes some time after both ends were switched on that a cable carries; what is sent before is lost.
fn await_carrier(socket: &mut RouteSocket, name: &str) {
    let name = LinkName::new(name).expect("a name");
    let carries = (0..1000).any(|_| {
        thread::sleep(Duration::from_millis(1));
        socket.link(LinkRef::Name(name)).expect("an answer").expect("an interface").is_running()
    });
    assert!(carries, "{name} does not carry");
}

/// Sends what has no other way by `gateways`, which are reached through the interface `name`.
///
/// # Panics
/// When the kernel refuses.
pub fn route_by(namespace: &NetworkNamespace, name: &str, gateways: &[IpAddr]) {
    let mut socket = namespace.route().expect("a socket");
    let link = index(&mut socket, name);
    let routes: Vec<_> =
        gateways.iter().map(|gateway| Change::AddRoute(Route::default_via(*gateway, link))).collect();
    socket.apply(&routes).expect("routes");
}

/// Has a namespace send what is for 127.0.0.0/8 out of `eth0` by a router, from `source`, as its root can.
///
/// # Panics
/// When the kernel refuses.
pub fn send_loopback_to(namespace: &NetworkNamespace, router: Ipv4Addr, source: Ipv4Addr) {
    set(namespace, "ipv4/conf/all/route_localnet", "1");
    let mut socket = namespace.route().expect("a socket");
    let routes = socket.routes().expect("routes").into_iter();
    let is_own = |route: &Route| {
        let address = route.destination.address;
        route.table == LOCAL_TABLE && address.is_ipv4() && address.is_loopback()
    };
    let mut changes: Vec<_> = routes.filter(is_own).map(Change::DeleteRoute).collect();
    let eth0 = index(&mut socket, "eth0");
    changes.push(Change::AddRoute(Route {
        destination: IpPrefix::new([127, 0, 0, 0], 8),
        source: Some(source.into()),
        ..Route::default_via(router.into(), eth0)
    }));
    socket.apply(&changes).expect("routes");
}

/// The number of an interface.
///
/// # Panics
/// When there is none of that name.
pub fn index(socket: &mut RouteSocket, name: &str) -> u32 {
    let name = LinkName::new(name).expect("a name");
    socket.link(LinkRef::Name(name)).expect("an answer").expect("an interface").index
}

/// Changes a setting below `/proc/sys/net` in a namespace.
///
/// # Panics
/// When the kernel refuses.
pub fn set(namespace: &NetworkNamespace, setting: &str, value: &str) {
    let path = format!("/proc/sys/net/{setting}");
    let written = namespace.run(|| std::fs::write(&path, value)).expect("a thread");
    written.unwrap_or_else(|error| panic!("{path}: {error}"));
}

/// A setting below `/proc/sys/net` in a namespace.
///
/// # Panics
/// When there is none.
pub fn setting(namespace: &NetworkNamespace, setting: &str) -> String {
    let path = format!("/proc/sys/net/{setting}");
    let read = namespace.run(|| std::fs::read_to_string(&path)).expect("a thread");
    read.unwrap_or_else(|error| panic!("{path}: {error}")).trim_end().to_owned()
}

/// A server that listens already, on all addresses of a namespace.
///
/// # Panics
/// When the port is taken.
pub fn listen(on: &NetworkNamespace, port: u16) -> TcpListener {
    let bind = || TcpListener::bind(("::", port)).or_else(|_| TcpListener::bind(("0.0.0.0", port)));
    on.run(bind).expect("a thread").expect("a free port")
}

/// Under which address a server sees the client that connects.
///
/// # Panics
/// When the client does not get through.
#[track_caller]
pub fn seen(server: &TcpListener, client: &NetworkNamespace, at: (impl Into<IpAddr>, u16)) -> String {
    let (mut connection, mut accepted) = connection(server, client, at);
    accepted.write_all(b"!").expect("a connection");
    connection.read_exact(&mut [0]).expect("an answer");
    accepted.peer_addr().expect("a client").ip().to_canonical().to_string()
}

/// Both ends of a connection: the client's, and the server's.
///
/// # Panics
/// When the client does not get through.
#[track_caller]
pub fn connection(
    server: &TcpListener,
    client: &NetworkNamespace,
    at: (impl Into<IpAddr>, u16),
) -> (TcpStream, TcpStream) {
    let at = SocketAddr::new(at.0.into(), at.1);
    let connected = client.run(|| TcpStream::connect_timeout(&at, LONG)).expect("a thread");
    let connection = connected.unwrap_or_else(|error| panic!("{at}: {error}"));
    let (accepted, _) = server.accept().expect("a client");
    for end in [&connection, &accepted] {
        end.set_read_timeout(Some(LONG)).expect("a timeout");
    }
    (connection, accepted)
}

/// Whether a client gets through; somebody who should and does not is waited for.
///
/// # Panics
/// When the namespace cannot be entered.
pub fn is_reached(client: &NetworkNamespace, at: (impl Into<IpAddr>, u16)) -> bool {
    let at = SocketAddr::new(at.0.into(), at.1);
    client.run(|| TcpStream::connect_timeout(&at, LONG)).expect("a thread").is_ok()
}

/// Whether a client gets no answer at all, or a router's that it is not let through.
///
/// # Panics
/// When the namespace cannot be entered.
pub fn is_out_of_reach(client: &NetworkNamespace, at: (impl Into<IpAddr>, u16)) -> bool {
    let at = SocketAddr::new(at.0.into(), at.1);
    let tried = client.run(|| TcpStream::connect_timeout(&at, SHORT)).expect("a thread");
    // As connect(2) shows that something is prohibited: the third is of IPv6.
    let silence = [ErrorKind::TimedOut, ErrorKind::HostUnreachable, ErrorKind::PermissionDenied];
    tried.is_err_and(|error| silence.contains(&error.kind()))
}

/// Whether what one socket sends to `at` comes to another in time. What was sent before and comes only now does not count: it may have
/// waited for somebody's hardware address.
///
/// # Panics
/// When it cannot be sent.
#[must_use]
pub fn arrives(server: &UdpSocket, sender: &UdpSocket, at: (Ipv4Addr, u16)) -> bool {
    static SENT: AtomicU64 = AtomicU64::new(0);
    let word = SENT.fetch_add(1, Ordering::Relaxed).to_ne_bytes();
    server.set_read_timeout(Some(SHORT)).expect("a timeout");
    sender.send_to(&word, at).expect("a datagram to send");
    let mut received = [0; 8];
    while server.recv(&mut received).is_ok() {
        if received == word {
            return true;
        }
    }
    false
}
