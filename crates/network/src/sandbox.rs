//! A container's network namespace, and the cable from it to the bridge of a segment.
//!
//! Nothing has to be taken away again: with the last process and descriptor in a namespace, the kernel removes it and the cable.

use std::net::IpAddr;
use std::os::fd::{AsFd as _, OwnedFd};
use std::thread;
use std::time::Duration;

use corten_netlink::route::{
    Address, BridgePort, Change, Forwarding, LinkRef, LinkSettings, Route, RouteSocket, Veth, VethPeer,
};
use corten_netlink::{IpPrefix, LinkName, MacAddress, NetworkNamespace};

use crate::error::{NetworkError, doing};

/// How often, and after what time each, is looked whether a cable carries.
const CARRIER_LOOKS: u32 = 100;
const CARRIER_PAUSE: Duration = Duration::from_millis(1);

/// The name of the container's end.
const INSIDE: &str = "eth0";

/// A cable: what can be known of an endpoint before its container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cable {
    /// The name of the host's end.
    pub host_name: LinkName,
    /// The index of the bridge.
    pub bridge: u32,
    /// The most bytes of a packet.
    pub mtu: u32,
}

/// A container's end of the cable.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The cable.
    pub cable: Cable,
    /// The container's hardware address.
    pub mac: MacAddress,
    /// The container's addresses, with the lengths of their prefixes.
    pub addresses: Vec<(IpAddr, u8)>,
    /// Where everything else goes, one of each family at most.
    pub gateways: Vec<IpAddr>,
}

/// A network namespace with `lo` and a cable to the bridge, whose end in there has no addresses yet and is switched off: most of the work,
/// done ahead. Dropping it takes both away.
#[derive(Debug)]
pub struct Prepared {
    namespace: NetworkNamespace,
    inside: RouteSocket,
    cable: Cable,
}

/// Makes a network namespace and lays the cable.
///
/// # Errors
/// What the kernel refuses; then nothing is left.
pub fn prepare(host: &mut RouteSocket, cable: Cable) -> Result<Prepared, NetworkError> {
    let (namespace, inside) = NetworkNamespace::create().map_err(doing(|| "make a network namespace"))?;
    lay(host, &namespace, cable)?;
    Ok(Prepared { namespace, inside, cable })
}

impl Prepared {
    /// What it is connected by.
    #[must_use]
    pub fn cable(&self) -> Cable {
        self.cable
    }

    /// Makes it the endpoint's, whose cable is this one.
    ///
    /// # Errors
    /// What the kernel refuses; that somebody has taken the bridge away ([`NetworkError::Unplugged`]). Then nothing is left.
    pub fn finish(mut self, host: &mut RouteSocket, endpoint: &Endpoint) -> Result<OwnedFd, NetworkError> {
        set_up(&mut self.inside, endpoint)?;
        plug_in(host, endpoint)?;
        Ok(self.namespace.into())
    }
}

/// Connects a network namespace that somebody else has made, where `lo` is on.
///
/// # Errors
/// As [`Prepared::finish`]; what is done then goes with the namespace.
pub fn join(host: &mut RouteSocket, namespace: OwnedFd, endpoint: &Endpoint) -> Result<(), NetworkError> {
    let namespace = NetworkNamespace::from(namespace);
    let mut inside = namespace.route().map_err(doing(|| "enter the container's network namespace"))?;
    lay(host, &namespace, endpoint.cable)?;
    set_up(&mut inside, endpoint)?;
    plug_in(host, endpoint)
}

fn lay(host: &mut RouteSocket, namespace: &NetworkNamespace, cable: Cable) -> Result<(), NetworkError> {
    let port = BridgePort { hairpin: Some(true), isolated: None };
    let veth = Veth {
        name: cable.host_name,
        settings: LinkSettings {
            up: Some(true),
            mtu: Some(cable.mtu),
            master: Some(cable.bridge),
            ..LinkSettings::default()
        },
        peer: VethPeer {
            namespace: namespace.as_fd(),
            name: inside_name()?,
            mac: None,
            mtu: Some(cable.mtu),
        },
    };
    // A container reaches its own published ports only by going out of the port that it came in by.
    let changes =
        [Change::AddVeth(veth), Change::SetBridgePort { link: LinkRef::Name(cable.host_name), port }];
    host.apply(&changes).map_err(doing(|| format!("connect `{}` to the bridge", cable.host_name)))
}

fn inside_name() -> Result<LinkName, NetworkError> {
    LinkName::new(INSIDE).map_err(doing(|| "name the container's interface"))
}

/// Has the bridge take the cable into use for the endpoint. Of the last one that had its address, a cable may be there for a while, and the
/// bridge would go on to send by that.
fn plug_in(host: &mut RouteSocket, endpoint: &Endpoint) -> Result<(), NetworkError> {
    let name = endpoint.cable.host_name;
    let port = await_carrier(host, endpoint.cable)?;
    let forwarding = Forwarding { port, mac: endpoint.mac };
    host.apply(&[Change::SetForwarding(forwarding)])
        .map_err(doing(|| format!("have the bridge send what is for `{}` by `{name}`", endpoint.mac)))
}

/// The bridge takes a port into use once the kernel has noted, some time after both ends were switched on, that the cable carries. What is
/// sent before is lost, and sent again after a second. Since Linux 6.9 the question itself has it noted.
fn await_carrier(host: &mut RouteSocket, cable: Cable) -> Result<u32, NetworkError> {
    let name = cable.host_name;
    let mut looks = 0..CARRIER_LOOKS;
    loop {
        let link = host.link(LinkRef::Name(name)).map_err(doing(|| format!("look at `{name}`")))?;
        let link = link.filter(|link| link.master == Some(cable.bridge));
        let link = link.ok_or(NetworkError::Unplugged(name))?;
        // A cable that carries only later is no failure.
        if link.is_running() || looks.next().is_none() {
            return Ok(link.index);
        }
        thread::sleep(CARRIER_PAUSE);
    }
}

fn set_up(inside: &mut RouteSocket, endpoint: &Endpoint) -> Result<(), NetworkError> {
    let link = inside.link(LinkRef::Name(inside_name()?)).map_err(doing(|| "look for `eth0`"))?;
    let index = link.ok_or(NetworkError::Vanished(INSIDE))?.index;
    let has_ipv6 = endpoint.addresses.iter().any(|(address, _)| address.is_ipv6());
    // Before it is switched on: its link-local address is made from the hardware's.
    let settings = LinkSettings {
        up: Some(true),
        mac: Some(endpoint.mac),
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
