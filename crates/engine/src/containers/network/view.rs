//! A container's connection as others are told of it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use corten_spec::port::{Port, Protocol};
use corten_state::{Connection, PublishedPortRow, SegmentRow, StateError};

use super::record;
use crate::containers::{Container, Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// Where a running container is on its network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionView {
    /// 64 hex digits.
    pub sandbox_id: String,
    /// The namespace's file.
    pub sandbox_key: String,
    /// The network's id.
    pub network_id: String,
    /// The connection's id.
    pub endpoint_id: String,
    /// Its IPv4 address, with the length of the prefix.
    pub ipv4: (Ipv4Addr, u8),
    /// The IPv4 gateway.
    pub gateway4: Option<IpAddr>,
    /// Its IPv6 address, with the length of the prefix.
    pub ipv6: Option<(IpAddr, u8)>,
    /// The IPv6 gateway.
    pub gateway6: Option<IpAddr>,
    /// `02:42:0a:d0:00:02`.
    pub mac: String,
    /// Ports on the host that lead to it.
    pub ports: Vec<PublishedPort>,
}

/// A port on the host that leads to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedPort {
    /// The container's.
    pub port: Port,
    /// The host's address; `None` = all of both families.
    pub address: Option<IpAddr>,
    /// The host's port.
    pub host_port: u16,
}

impl Containers {
    /// The connections of those containers that run on a network of the engine's, in their order.
    ///
    /// # Errors
    /// The database.
    pub async fn connections(
        &self,
        containers: &[Container],
    ) -> Result<Vec<Option<ConnectionView>>, EngineError> {
        let (inner, containers) = (self.inner.clone(), containers.to_vec());
        blocking(move || inner.connection_views(&containers)).await
    }
}

impl Inner {
    pub(crate) fn connection_views(
        &self,
        containers: &[Container],
    ) -> Result<Vec<Option<ConnectionView>>, EngineError> {
        let (connections, segments) =
            self.store.read(|tx| Ok::<_, StateError>((tx.connections()?, tx.segments()?)))?;
        let by_container: HashMap<&str, &Connection> = connections
            .iter()
            .filter_map(|found| Some((found.sandbox.container_id.as_deref()?, found)))
            .collect();
        let view_of = |container: &Container| {
            let connection = by_container.get(container.id.as_str()).copied();
            connection.and_then(|found| view(container, found, &segments).transpose()).transpose()
        };
        containers.iter().map(view_of).collect()
    }

    /// The connection of a container that runs on a network of the engine's.
    pub(crate) fn connection_view(
        &self,
        container: &Container,
    ) -> Result<Option<ConnectionView>, EngineError> {
        let (connection, segments) = self
            .store
            .read(|tx| Ok::<_, StateError>((tx.connection_of(container.id.as_str())?, tx.segments()?)))?;
        connection.map_or(Ok(None), |found| view(container, &found, &segments))
    }
}

fn view(
    container: &Container,
    connection: &Connection,
    segments: &[SegmentRow],
) -> Result<Option<ConnectionView>, EngineError> {
    let Some(init) = container.state.init.as_ref().filter(|_| container.state.is_running()) else {
        return Ok(None);
    };
    let Some(row) = segments.iter().find(|segment| segment.id == connection.endpoint.segment_id) else {
        return Ok(None);
    };
    let segment = record::segment(row, 0)?;
    let lease = record::lease(&connection.endpoint)?;
    let mut gateways = segment.gateways()?.into_iter().map(|(address, _)| address);
    let (gateway4, gateway6) = (gateways.next(), gateways.next());
    Ok(Some(ConnectionView {
        sandbox_id: connection.sandbox.id.clone(),
        sandbox_key: format!("/proc/{}/ns/net", init.pid),
        network_id: row.network_id.clone(),
        endpoint_id: connection.endpoint.id.clone(),
        ipv4: (lease.ipv4, segment.subnet4.prefix()),
        gateway4,
        ipv6: lease.ipv6.zip(segment.subnet6).map(|(address, subnet)| (address.into(), subnet.prefix())),
        gateway6: gateway6.filter(|_| lease.ipv6.is_some()),
        mac: lease.mac.to_string(),
        ports: published_ports(connection),
    }))
}

fn published_ports(connection: &Connection) -> Vec<PublishedPort> {
    connection.ports.iter().filter_map(published_port).collect()
}

/// `None` for a row that a newer engine wrote of a protocol that this one does not know.
fn published_port(row: &PublishedPortRow) -> Option<PublishedPort> {
    let protocol: Protocol = row.protocol.parse().ok()?;
    Some(PublishedPort {
        port: Port { number: row.container_port, protocol },
        address: row.host_address.parse().ok(),
        host_port: row.host_port,
    })
}
