//! What the host reaches, and how: where subnets must not be, how large packets may be, whether there is IPv6.

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
    /// What fits through the interface that its default route leaves by.
    pub mtu: u32,
    /// Whether it has a default route of IPv6.
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
        let of_default = |link: &u32| links.iter().find(|known| known.index == *link).map(|link| link.mtu);
        let mtu = default_links(&routes, IpAddr::is_ipv4).find_map(|link| of_default(&link));
        let bridge = own.and_then(|own| links.iter().find(|link| link.name == own.as_str()));
        let is_own = |link: Option<u32>| bridge.is_some_and(|bridge| Some(bridge.index) == link);
        let by_bridge =
            |route: &Route| !route.hops.is_empty() && route.hops.iter().all(|hop| is_own(hop.link));
        let routed = routes.iter().filter(|route| !route.is_default() && !by_bridge(route));
        let routed = routed.map(|route| &route.destination);
        let had = addresses.iter().filter(|address| !is_own(Some(address.link)));
        let had = had.map(|address| &address.prefix);
        let subnet = |prefix: &IpPrefix| Subnet::containing(prefix.address, prefix.length);
        Ok(Self {
            reached: routed.chain(had).filter_map(subnet).collect(),
            mtu: mtu.unwrap_or(DEFAULT_MTU),
            has_ipv6: default_links(&routes, IpAddr::is_ipv6).next().is_some(),
        })
    }
}

fn default_links(routes: &[Route], family: fn(&IpAddr) -> bool) -> impl Iterator<Item = u32> {
    let mut defaults: Vec<&Route> = routes
        .iter()
        .filter(|route| route.is_default() && family(&route.destination.address) && !route.hops.is_empty())
        .collect();
    defaults.sort_by_key(|route| route.priority);
    defaults
        .into_iter()
        .flat_map(|route| route.hops.iter().filter_map(|hop| hop.link))
        .collect::<Vec<_>>()
        .into_iter()
}
