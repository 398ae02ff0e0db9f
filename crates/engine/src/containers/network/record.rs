//! Between what the database and the request say, as text, and the words of networks. Pure.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use corten_network::LinkName;
use corten_network::Segment;
use corten_network::publish::{self, Binding, Publication};
use corten_spec::subnet::Subnet;
use corten_state::{EndpointRow, SegmentRow};

use super::lease::Lease;
use crate::containers::config::ContainerConfig;
use crate::error::EngineError;

/// What is to be published of a container.
///
/// # Errors
/// Invalid for what is no port or address.
pub(crate) fn publications(config: &ContainerConfig) -> Result<Vec<Publication>, EngineError> {
    let mut bindings: BTreeMap<String, Vec<Binding<'_>>> = BTreeMap::new();
    for (port, wanted) in &config.host.port_bindings {
        let wanted =
            wanted.iter().map(|binding| Binding { host_ip: &binding.host_ip, host_port: &binding.host_port });
        bindings.insert(port.clone(), wanted.collect());
    }
    publish::publications(&bindings, &config.exposed_ports, config.host.publish_all_ports)
        .map_err(|error| EngineError::Invalid(error.to_string()))
}

/// The host's addresses on a segment, IPv4 first.
///
/// # Errors
/// When the row is damaged.
pub(crate) fn segment_gateways(row: &SegmentRow) -> Result<Vec<IpAddr>, EngineError> {
    Ok(segment(row, 0)?.gateways()?.into_iter().map(|(address, _)| address).collect())
}

/// A segment on record; its MTU is for whoever makes the bridge.
///
/// # Errors
/// When the row is damaged.
pub(super) fn segment(row: &SegmentRow, mtu: u32) -> Result<Segment, EngineError> {
    let subnet = |text: &str| text.parse::<Subnet>().map_err(|error| damaged("segment", row.id, &error));
    Ok(Segment {
        bridge: LinkName::new(&row.bridge).map_err(|error| damaged("segment", row.id, &error))?,
        subnet4: subnet(&row.subnet4)?,
        subnet6: row.subnet6.as_deref().map(subnet).transpose()?,
        mtu,
    })
}

/// The addresses of an endpoint on record.
///
/// # Errors
/// When the row is damaged.
pub(super) fn lease(row: &EndpointRow) -> Result<Lease, EngineError> {
    Ok(Lease {
        ipv4: Ipv4Addr::from(row.ipv4),
        ipv6: row
            .ipv6
            .as_deref()
            .map(|text| text.parse().map_err(|error| damaged("endpoint", &row.id, &error)))
            .transpose()?,
        mac: row.mac.parse().map_err(|error| damaged("endpoint", &row.id, &error))?,
    })
}

fn damaged(kind: &str, id: impl std::fmt::Display, why: &(impl std::fmt::Display + ?Sized)) -> EngineError {
    EngineError::Invalid(format!("{kind} `{id}` in the database is damaged: {why}"))
}
