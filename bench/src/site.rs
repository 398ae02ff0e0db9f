//! A network of an engine's own, like a machine's: whatever it does to links and firewall stays in there. A cable leads out, to a
//! second network where its clients are.
//!
//! It goes with the last process in it. Only the network is apart: files and cgroups are the machine's.

use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use corten_netlink::route::{Address, Change, LinkRef, LinkSettings, Route, RouteSocket, Veth, VethPeer};
use corten_netlink::{IpPrefix, LinkName, NetlinkError, NetworkNamespace};

/// The engine's machine, as who is outside reaches it: of the network that is set aside for measurements (RFC 2544).
pub const HOST: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 2);

/// Who is outside: the machine's default route.
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

const PREFIX: u8 = 24;

/// What the cable is called at both ends.
const CABLE: &str = "eth0";

/// See the module.
#[derive(Debug)]
pub struct Site {
    inside: NetworkNamespace,
    outside: NetworkNamespace,
}

impl Site {
    /// Makes both networks and the cable.
    ///
    /// # Errors
    /// What the kernel says; who is not root may not.
    pub fn make() -> Result<Site, NetlinkError> {
        let (inside, mut near) = NetworkNamespace::create()?;
        let (outside, mut far) = NetworkNamespace::create()?;
        let up = LinkSettings { up: Some(true), ..LinkSettings::default() };
        let name = LinkName::new(CABLE)?;
        let peer = VethPeer { namespace: outside.as_fd(), name, mac: None, mtu: None };
        near.apply(&[Change::AddVeth(Veth { name, settings: up, peer })])?;
        far.apply(&[Change::SetLink { link: LinkRef::Name(name), settings: up }])?;
        let link = address(&mut near, name, HOST)?;
        address(&mut far, name, OUTSIDE)?;
        near.apply(&[Change::AddRoute(Route::default_via(OUTSIDE.into(), link))])?;
        Ok(Site { inside, outside })
    }

    /// Runs `work` on the engine's machine: in a thread whose commands and threads are there too. A daemon that goes with the thread that
    /// started it must not be started so.
    ///
    /// # Errors
    /// What setns(2) says.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, NetlinkError> {
        self.inside.run(work)
    }

    /// The links of the engine's machine beyond those that it was made with.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn links(&self) -> Result<Vec<String>, NetlinkError> {
        let links = self.inside.route()?.links()?.into_iter().map(|link| link.name);
        Ok(links.filter(|name| name != "lo" && name != CABLE).collect())
    }

    /// Words before a command that has it run on the engine's machine.
    #[must_use]
    pub fn inside(&self) -> Vec<String> {
        enter(self.inside.as_fd())
    }

    /// Words before a command that has it run outside, where what is at [`HOST`] is another machine.
    #[must_use]
    pub fn outside(&self) -> Vec<String> {
        enter(self.outside.as_fd())
    }
}

/// Gives a link its address; its index.
fn address(route: &mut RouteSocket, name: LinkName, address: Ipv4Addr) -> Result<u32, NetlinkError> {
    let link = route.link(LinkRef::Name(name))?.map_or(0, |link| link.index);
    route.apply(&[Change::AddAddress(Address { link, prefix: IpPrefix::new(address, PREFIX) })])?;
    Ok(link)
}

/// By way of this process's descriptor: a thread that entered and started it would take a daemon with it when it ends.
fn enter(namespace: BorrowedFd<'_>) -> Vec<String> {
    let path = format!("--net=/proc/{}/fd/{}", std::process::id(), namespace.as_raw_fd());
    ["/usr/bin/nsenter".to_owned(), path, "--".to_owned()].into()
}
