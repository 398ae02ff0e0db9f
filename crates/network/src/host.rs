//! What the host reaches, and how: where subnets must not be, how large packets may be, whether there is IPv6.

use std::cmp::Reverse;
use std::net::IpAddr;

use corten_netlink::route::{Route, RouteSocket};
use corten_netlink::{IpPrefix, LinkName};
use corten_spec::subnet::Subnet;

use crate::error::{NetworkError, doing};

/// Ethernet's.
const DEFAULT_MTU: u32 = 1500;

/// A socket for links, addresses and routes of the calling thread's network namespace.
///
/// # Errors
/// What socket(2) says.
pub fn open() -> Result<RouteSocket, NetworkError> {
    RouteSocket::open().map_err(doing(|| "ask for the host's network"))
}

/// Facts of the host's network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostNetwork {
    /// Subnets that it has a route or an address in.
    pub reached: Vec<Subnet>,
    /// What fits through the interface by which it reaches the world.
    pub mtu: u32,
    /// Whether it reaches the world by IPv6.
    pub has_ipv6: bool,
}

impl HostNetwork {
    /// Reads the facts. What the host reaches by `own` does not count: that is the network's bridge, where there is one already.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn read(host: &mut RouteSocket, own: Option<LinkName>) -> Result<Self, NetworkError> {
        let reading = || "read the host's routes";
        let routes = host.routes().map_err(doing(reading))?;
        let links = host.links().map_err(doing(reading))?;
        let addresses = host.addresses().map_err(doing(reading))?;
        let of_link = |link: u32| links.iter().find(|known| known.index == link).map(|link| link.mtu);
        let mtu = world_links(&routes, IpAddr::is_ipv4).find_map(of_link);
        let bridge = own.and_then(|own| links.iter().find(|link| link.name == own.as_str()));
        let is_own = |link: Option<u32>| bridge.is_some_and(|bridge| Some(bridge.index) == link);
        let by_bridge =
            |route: &Route| !route.hops.is_empty() && route.hops.iter().all(|hop| is_own(hop.link));
        let routed = routes.iter().filter(|route| !leads_to_the_world(route) && !by_bridge(route));
        let routed = routed.map(|route| &route.destination);
        let had = addresses.iter().filter(|address| !is_own(Some(address.link)));
        let had = had.map(|address| &address.prefix);
        let subnet = |prefix: &IpPrefix| Subnet::containing(prefix.address, prefix.length);
        Ok(Self {
            reached: routed.chain(had).filter_map(subnet).collect(),
            mtu: mtu.unwrap_or(DEFAULT_MTU),
            has_ipv6: world_links(&routes, IpAddr::is_ipv6).next().is_some(),
        })
    }
}

/// Whether a route is so wide that nobody means a network of his own by it. A VPN that takes everything over leaves the default route as
/// it is, and has two that are twice as special.
fn leads_to_the_world(route: &Route) -> bool {
    let narrowest = if route.destination.address.is_ipv4() { 8 } else { 7 };
    route.destination.length < narrowest
}

/// The interfaces of those routes, that of the most special first.
fn world_links(routes: &[Route], family: fn(&IpAddr) -> bool) -> impl Iterator<Item = u32> {
    let mut routes: Vec<&Route> = routes
        .iter()
        .filter(|route| leads_to_the_world(route) && family(&route.destination.address))
        .collect();
    routes.sort_by_key(|route| (Reverse(route.destination.length), route.priority));
    let links = routes.into_iter().flat_map(|route| route.hops.iter().filter_map(|hop| hop.link));
    links.collect::<Vec<_>>().into_iter()
}
