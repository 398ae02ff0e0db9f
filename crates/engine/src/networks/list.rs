//! The networks, with who is on them.

use std::net::IpAddr;

use corten_state::{SegmentRow, StateError};
use sha2::{Digest as _, Sha256};

use super::filter::{self, Filters};
use super::{Network, NetworkEndpoint, Networks};
use crate::containers::{ConnectionView, Container, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// Names and drivers.
const NETWORKS: [(&str, &str); 3] = [("bridge", "bridge"), ("host", "host"), ("none", "null")];

/// What makes the network of that name.
pub(crate) fn driver_of(name: &str) -> Option<&'static str> {
    NETWORKS.iter().find(|(known, _)| *known == name).map(|(_, driver)| *driver)
}

impl Networks {
    /// The networks that pass the filters, by name.
    ///
    /// # Errors
    /// An unknown filter, or a value that is none; the database.
    pub async fn list(&self, filters: Filters) -> Result<Vec<Network>, EngineError> {
        filter::check(&filters)?;
        let mut networks = self.all().await?;
        networks.retain(|network| filter::passes(network, &filters));
        Ok(networks)
    }

    async fn all(&self) -> Result<Vec<Network>, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || inner.networks()).await
    }

    /// The network with this name, id or beginning of an id.
    ///
    /// # Errors
    /// There is none, or more than one id begins so.
    pub async fn inspect(&self, reference: &str) -> Result<Network, EngineError> {
        let mut all = self.all().await?;
        if let Some(named) =
            all.iter().position(|network| network.name == reference || network.id == reference)
        {
            return Ok(all.swap_remove(named));
        }
        all.retain(|network| !reference.is_empty() && network.id.starts_with(reference));
        match all.len() {
            0 => Err(EngineError::NotFound(format!("network {reference} not found"))),
            1 => Ok(all.swap_remove(0)),
            _ => Err(EngineError::Invalid(format!("network {reference} is ambiguous"))),
        }
    }
}

impl Inner {
    fn networks(&self) -> Result<Vec<Network>, EngineError> {
        let running: Vec<Container> =
            self.everything()?.into_iter().filter(|container| container.state.is_running()).collect();
        let connections = self.connection_views(&running)?;
        let connected: Vec<_> = running.iter().zip(&connections).collect();
        NETWORKS.iter().map(|(name, driver)| self.network(name, driver, &connected)).collect()
    }

    fn network(
        &self,
        name: &'static str,
        driver: &'static str,
        running: &[(&Container, &Option<ConnectionView>)],
    ) -> Result<Network, EngineError> {
        let (row, segments) =
            self.store.read(|tx| Ok::<_, StateError>((tx.network_by_name(name)?, tx.segments()?)))?;
        let segment =
            row.as_ref().and_then(|row| segments.iter().find(|segment| segment.network_id == row.id));
        let on_it = running.iter().filter(|(container, _)| container.network() == name);
        Ok(Network {
            id: row.as_ref().map_or_else(|| self.network_id(name), |row| row.id.clone()),
            name,
            driver,
            created_at: self.home.made_at(),
            bridge: segment.map(|segment| segment.bridge.clone()),
            subnets: segment.map_or_else(|| Ok(Vec::new()), subnets)?,
            endpoints: on_it
                .map(|(container, connection)| endpoint(container, connection.as_ref()))
                .collect(),
        })
    }

    /// What a network that every engine has is called by, before it is needed and ever after: tools keep ids.
    pub(crate) fn network_id(&self, name: &str) -> String {
        let digest = Sha256::new().chain_update(self.home.identity()).chain_update(name).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn subnets(row: &SegmentRow) -> Result<Vec<(String, IpAddr)>, EngineError> {
    let gateways = crate::containers::segment_gateways(row)?;
    let subnets = [Some(row.subnet4.clone()), row.subnet6.clone()].into_iter().flatten();
    Ok(subnets.zip(gateways).collect())
}

fn endpoint(container: &Container, connection: Option<&ConnectionView>) -> NetworkEndpoint {
    let with_prefix = |(address, length): (IpAddr, u8)| format!("{address}/{length}");
    NetworkEndpoint {
        container: container.id.clone(),
        name: container.name.clone(),
        id: connection.map(|found| found.endpoint_id.clone()).unwrap_or_default(),
        mac: connection.map(|found| found.mac.clone()).unwrap_or_default(),
        addresses: [
            connection.map(|found| with_prefix((found.ipv4.0.into(), found.ipv4.1))).unwrap_or_default(),
            connection.and_then(|found| found.ipv6).map(with_prefix).unwrap_or_default(),
        ],
    }
}
