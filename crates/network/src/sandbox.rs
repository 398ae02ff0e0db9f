//! A container's network namespace, and the cable from it to the bridge of a segment.
//!
//! Nothing has to be taken away again: with the last process and descriptor in a namespace, the kernel removes it and the cable.

use std::net::IpAddr;
use std::os::fd::{AsFd as _, OwnedFd};
use std::thread;
use std::time::Duration;

use corten_netlink::route::{
    Address, BridgePort, Change, LinkRef, LinkSettings, Route, RouteSocket, Veth, VethPeer,
};
use corten_netlink::{IpPrefix, LinkName, MacAddress, NetworkNamespace};

use crate::error::{NetworkError, doing};

/// How often, and after what time each, is looked whether a cable carries.
const CARRIER_LOOKS: u32 = 100;
const CARRIER_PAUSE: Duration = Duration::from_millis(1);

/// The name of the container's end.
const INSIDE: &str = "eth0";

/// A container's end of the cable.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The name of the host's end.
    pub host_name: LinkName,
    /// The index of the bridge.
    pub bridge: u32,
    /// The container's hardware address.
    pub mac: MacAddress,
    /// The most bytes of a packet.
    pub mtu: u32,
    /// The container's addresses, with the lengths of their prefixes.
    pub addresses: Vec<(IpAddr, u8)>,
    /// Where everything else goes, one of each family at most.
    pub gateways: Vec<IpAddr>,
}

/// Makes a network namespace that has `lo` and the endpoint, both on.
///
/// # Errors
/// What the kernel refuses; then nothing is left.
pub fn create(host: &mut RouteSocket, endpoint: &Endpoint) -> Result<OwnedFd, NetworkError> {
    let (namespace, mut inside) = NetworkNamespace::create().map_err(doing(|| "make a network namespace"))?;
    connect(host, &namespace, &mut inside, endpoint)?;
    Ok(namespace.into())
}

/// Connects a network namespace that somebody else has made, where `lo` is on.
///
/// # Errors
/// What the kernel refuses; what is done then goes with the namespace.
pub fn join(host: &mut RouteSocket, namespace: OwnedFd, endpoint: &Endpoint) -> Result<(), NetworkError> {
    let namespace = NetworkNamespace::from(namespace);
    let mut inside = namespace.route().map_err(doing(|| "enter the container's network namespace"))?;
    connect(host, &namespace, &mut inside, endpoint)
}

fn connect(
    host: &mut RouteSocket,
    namespace: &NetworkNamespace,
    inside: &mut RouteSocket,
    endpoint: &Endpoint,
) -> Result<(), NetworkError> {
    let eth0 = LinkName::new(INSIDE).map_err(doing(|| "name the container's interface"))?;
    let port = BridgePort { hairpin: Some(true), isolated: None };
    let cable = Veth {
        name: endpoint.host_name,
        settings: LinkSettings {
            up: Some(true),
            mtu: Some(endpoint.mtu),
            master: Some(endpoint.bridge),
            ..LinkSettings::default()
        },
        peer: VethPeer {
            namespace: namespace.as_fd(),
            name: eth0,
            mac: Some(endpoint.mac),
            mtu: Some(endpoint.mtu),
        },
    };
    // A container reaches its own published ports only by going out of the port that it came in by.
    let changes =
        [Change::AddVeth(cable), Change::SetBridgePort { link: LinkRef::Name(endpoint.host_name), port }];
    host.apply(&changes).map_err(doing(|| format!("connect `{}` to the bridge", endpoint.host_name)))?;
    set_up(inside, eth0, endpoint)?;
    await_carrier(host, endpoint.host_name)
}

/// The bridge takes a port into use once the kernel has noted, some time after both ends were switched on, that the cable carries. What is
/// sent before is lost, and sent again after a second. Since Linux 6.9 the question itself has it noted.
fn await_carrier(host: &mut RouteSocket, name: LinkName) -> Result<(), NetworkError> {
    for _ in 0..CARRIER_LOOKS {
        let link = host.link(LinkRef::Name(name)).map_err(doing(|| format!("look at `{name}`")))?;
        if link.is_none_or(|link| link.is_running()) {
            break;
        }
        thread::sleep(CARRIER_PAUSE);
    }
    // A cable that carries only later is no failure.
    Ok(())
}

fn set_up(inside: &mut RouteSocket, eth0: LinkName, endpoint: &Endpoint) -> Result<(), NetworkError> {
    let link = inside.link(LinkRef::Name(eth0)).map_err(doing(|| "look for `eth0`"))?;
    let index = link.ok_or(NetworkError::Vanished(INSIDE))?.index;
    let has_ipv6 = endpoint.addresses.iter().any(|(address, _)| address.is_ipv6());
    let settings = LinkSettings {
        up: Some(true),
        makes_ipv6_address: (!has_ipv6).then_some(false),
        ..LinkSettings::default()
    };
    let addresses = endpoint.addresses.iter().map(|(address, length)| {
        Change::AddAddress(Address { link: index, prefix: IpPrefix::new(*address, *length) })
    });
    let routes =
        endpoint.gateways.iter().map(|gateway| Change::AddRoute(Route::default_via(*gateway, index)));
    let mut changes: Vec<Change<'_>> = addresses.collect();
    changes.push(Change::SetLink { link: LinkRef::Index(index), settings });
    changes.extend(routes);
    inside.apply(&changes).map_err(doing(|| "set up `eth0`"))
}
