//! A host with a segment and its table, containers on it, and neighbours of the host.

use std::net::Ipv4Addr;

use corten_netlink::nft::{self, NftSocket, Table};
use corten_netlink::{IpPrefix, LinkName, MacAddress, NetworkNamespace};
use corten_network::firewall::{Firewall, Forwarding, PortTarget, Ruleset, turn_on};
use corten_network::sandbox::{self, Cable, Endpoint};
use corten_network::{NetworkError, Segment, open_host};
use corten_spec::port::Protocol;
use corten_spec::subnet::Subnet;
use corten_testkit::network::{self, End};

/// The gateway of the segment.
pub(crate) const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 208, 0, 1);
/// The host, as neighbours see it.
pub(crate) const HOST: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// The first neighbour.
pub(crate) const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// A host.
pub(crate) struct Host {
    pub(crate) namespace: NetworkNamespace,
    pub(crate) segment: Segment,
    bridge: u32,
    neighbours: u8,
}

pub(crate) fn name(text: &str) -> LinkName {
    LinkName::new(text).unwrap()
}

pub(crate) fn segment() -> Segment {
    let subnet = |text: &str| text.parse::<Subnet>().unwrap();
    Segment {
        bridge: name("corten0"),
        subnet4: subnet("10.208.0.0/22"),
        subnet6: Some(subnet("fd00::/64")),
        mtu: 1400,
    }
}

impl Host {
    /// With a table that publishes nothing yet.
    pub(crate) fn new() -> Self {
        let (namespace, _) = NetworkNamespace::create().unwrap();
        let segment = segment();
        let bridge = namespace.run(|| segment.ensure(&mut open_host()?)).unwrap().unwrap();
        let host = Self { namespace, segment, bridge: bridge.index, neighbours: 0 };
        host.replace(Forwarding::default());
        host.inside(|| turn_on(true)).unwrap();
        host
    }

    /// Runs something on the host.
    pub(crate) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.namespace.run(work).unwrap()
    }

    pub(crate) fn firewall<T: Send>(
        &self,
        work: impl FnOnce(&mut Firewall) -> Result<T, NetworkError> + Send,
    ) -> Result<T, NetworkError> {
        self.inside(|| work(&mut Firewall::open("corten-test")?))
    }

    /// Takes away what keeps strangers out, to see that nothing else does.
    pub(crate) fn open_raw(&self) {
        let flush = [nft::Change::FlushChain("raw".to_owned())];
        self.inside(|| NftSocket::open()?.commit(&Table::inet("corten-test"), &flush)).unwrap();
    }

    /// Makes the table anew.
    pub(crate) fn replace(&self, guards: Forwarding) {
        let ruleset = Ruleset { segments: vec![self.segment], published: Vec::new(), guards };
        self.firewall(|firewall| firewall.replace(&ruleset)).unwrap();
    }

    /// What a container whose addresses end in `last` has.
    pub(crate) fn endpoint(&self, last: u8) -> Endpoint {
        let address = Ipv4Addr::new(10, 208, 0, last);
        Endpoint {
            cable: Cable { host_name: name(&format!("veth{last}")), bridge: self.bridge, mtu: 1400 },
            mac: MacAddress(corten_network::address::pool::mac_of(address)),
            addresses: vec![(address.into(), 22), (format!("fd00::{last:x}").parse().unwrap(), 64)],
            gateways: vec![GATEWAY.into(), "fd00::1".parse().unwrap()],
        }
    }

    /// A container whose addresses end in `last`.
    pub(crate) fn container(&self, last: u8) -> NetworkNamespace {
        self.connect(&self.endpoint(last))
    }

    /// A container that is connected so.
    pub(crate) fn connect(&self, endpoint: &Endpoint) -> NetworkNamespace {
        let made = self.inside(|| {
            let mut host = open_host()?;
            sandbox::prepare(&mut host, endpoint.cable)?.finish(&mut host, endpoint)
        });
        NetworkNamespace::from(made.unwrap())
    }

    /// Somebody in a network of its own with the host, whose only router it is: 192.0.2.2, then 192.0.3.2 …
    pub(crate) fn neighbour(&mut self) -> NetworkNamespace {
        let (namespace, _) = NetworkNamespace::create().unwrap();
        let number = self.neighbours;
        self.neighbours += 1;
        let address = |last| Ipv4Addr::new(192, 0, 2 + number, last);
        let prefix = |last| [IpPrefix::new(address(last), 24)];
        network::connect(
            End { namespace: &self.namespace, name: &format!("out{number}"), addresses: &prefix(1) },
            End { namespace: &namespace, name: "eth0", addresses: &prefix(2) },
        );
        network::route_by(&namespace, "eth0", &[address(1).into()]);
        namespace
    }
}

/// A published port of TCP that leads to port 80 of the container whose address ends in 2.
pub(crate) fn target(address: Option<&str>, host_port: u16) -> PortTarget {
    PortTarget {
        protocol: Protocol::Tcp,
        address: address.map(|text| text.parse().unwrap()),
        host_port,
        ipv4: Ipv4Addr::new(10, 208, 0, 2),
        ipv6: Some("fd00::2".parse().unwrap()),
        port: 80,
    }
}
