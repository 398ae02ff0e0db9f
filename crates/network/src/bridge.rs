//! A segment of a network: a bridge that is its subnets' gateway (bridge(8)).

use std::net::{IpAddr, Ipv6Addr};

use corten_netlink::route::{Address, Bridge, Change, Link, LinkRef, LinkSettings, RouteSocket};
use corten_netlink::{IpPrefix, LinkName, MacAddress};
use corten_spec::subnet::Subnet;
use rustix::io::Errno;

use crate::address::pool;
use crate::error::{NetworkError, doing};
use crate::kernel_setting;

/// The bridge's own, beside its gateways.
const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

/// What a segment is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The bridge's name.
    pub bridge: LinkName,
    /// Its IPv4 subnet.
    pub subnet4: Subnet,
    /// Its IPv6 subnet.
    pub subnet6: Option<Subnet>,
    /// The most bytes of a packet.
    pub mtu: u32,
}

/// A bridge that is there and complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyBridge {
    /// Its index.
    pub index: u32,
    /// The most bytes of a packet.
    pub mtu: u32,
}

impl Segment {
    /// The bridge's addresses: the first of each subnet that a host can have.
    ///
    /// # Errors
    /// [`NetworkError::TooSmall`].
    pub fn gateways(&self) -> Result<Vec<(IpAddr, u8)>, NetworkError> {
        let of = |subnet: Subnet| {
            let address = pool::gateway(subnet).ok_or(NetworkError::TooSmall(subnet))?;
            Ok((address, subnet.prefix()))
        };
        [Some(self.subnet4), self.subnet6].into_iter().flatten().map(of).collect()
    }

    /// The bridge, if it is complete: it is switched on last.
    ///
    /// # Errors
    /// What the kernel says; a name that is taken by something else.
    pub fn ready(&self, host: &mut RouteSocket) -> Result<Option<ReadyBridge>, NetworkError> {
        let ready = |link: Link| ReadyBridge { index: link.index, mtu: link.mtu };
        Ok(self.find(host)?.filter(Link::is_up).map(ready))
    }

    /// Makes what is missing of the bridge.
    ///
    /// # Errors
    /// What the kernel refuses; a name that is taken by something else.
    pub fn ensure(&self, host: &mut RouteSocket) -> Result<ReadyBridge, NetworkError> {
        let found = match self.find(host)? {
            Some(link) if link.is_up() => return Ok(ReadyBridge { index: link.index, mtu: link.mtu }),
            Some(link) => link,
            None => self.create(host)?,
        };
        self.complete(host, found.index)?;
        Ok(ReadyBridge { index: found.index, mtu: found.mtu })
    }

    /// Removes the bridge, if it is there.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn remove(&self, host: &mut RouteSocket) -> Result<(), NetworkError> {
        let Some(link) = self.find(host)? else { return Ok(()) };
        match host.apply(&[Change::DeleteLink(LinkRef::Index(link.index))]) {
            // Somebody else has removed it.
            Err(error) if error.errno() == Some(Errno::NODEV) => Ok(()),
            removed => removed.map_err(doing(|| format!("remove bridge `{}`", self.bridge))),
        }
    }

    fn find(&self, host: &mut RouteSocket) -> Result<Option<Link>, NetworkError> {
        let found = host
            .link(LinkRef::Name(self.bridge))
            .map_err(doing(|| format!("look for bridge `{}`", self.bridge)))?;
        match found {
            Some(link) if link.kind.as_deref() != Some("bridge") => {
                Err(NetworkError::NotABridge { name: self.bridge.to_string() })
            }
            found => Ok(found),
        }
    }

    fn create(&self, host: &mut RouteSocket) -> Result<Link, NetworkError> {
        // An address of its own: else it would be that of one of its ports, and change as they come and go.
        let mac = match pool::gateway(self.subnet4) {
            Some(IpAddr::V4(address)) => Some(MacAddress(pool::mac_of(address))),
            _ => None,
        };
        let bridge = Bridge { name: self.bridge, mtu: Some(self.mtu), mac };
        match host.apply(&[Change::AddBridge(bridge)]) {
            // Somebody else was faster.
            Err(error) if error.errno() != Some(Errno::EXIST) => {
                return Err(doing(|| format!("make bridge `{}`", self.bridge))(error));
            }
            _ => {}
        }
        self.find(host)?.ok_or_else(|| NetworkError::NotABridge { name: self.bridge.to_string() })
    }

    fn complete(&self, host: &mut RouteSocket, index: u32) -> Result<(), NetworkError> {
        let bridge = self.bridge;
        // What comes from 127.0.0.1 of the host to a published port has to get through the bridge; the firewall's table keeps others out.
        kernel_setting::write(&format!("ipv4/conf/{bridge}/route_localnet"), "1")?;
        // The bridge is a router, and listens to none.
        let accept_ra = format!("ipv6/conf/{bridge}/accept_ra");
        if kernel_setting::read(&accept_ra)?.is_some() {
            kernel_setting::write(&accept_ra, "0")?;
            let without = if self.subnet6.is_some() { "0" } else { "1" };
            kernel_setting::write(&format!("ipv6/conf/{bridge}/disable_ipv6"), without)?;
        }
        // A router asks for its neighbours from a link-local address. The one that the kernel makes is not for use at first (RFC 4862, 5.4).
        let link_local = self.subnet6.map(|_| (IpAddr::V6(LINK_LOCAL), 64));
        let addresses = self.gateways()?.into_iter().chain(link_local);
        let add = |(address, length)| {
            Change::AddAddress(Address { link: index, prefix: IpPrefix::new(address, length) })
        };
        let changes: Vec<Change<'_>> = addresses.map(add).collect();
        for outcome in
            host.apply_each(&changes).map_err(doing(|| format!("give bridge `{bridge}` addresses")))?
        {
            match outcome {
                Err(error) if error.errno() != Some(Errno::EXIST) => {
                    return Err(doing(|| format!("give bridge `{bridge}` an address"))(error));
                }
                _ => {}
            }
        }
        let settings = LinkSettings { up: Some(true), ..LinkSettings::default() };
        host.apply(&[Change::SetLink { link: LinkRef::Index(index), settings }])
            .map_err(doing(|| format!("switch bridge `{bridge}` on")))
    }
}
