//! The default network: its records and the bridge behind them, made when the first container needs it.

use std::time::{Duration, Instant};

use corten_journal::FileLock;
use corten_network::address::pool;
use corten_network::{HostNetwork, ReadyBridge, RouteSocket, Segment, SubnetClaim};
use corten_state::{Durability, NetworkRow, SegmentRow};

use super::record;
use crate::clock::now;
use crate::containers::Inner;
use crate::error::EngineError;

/// The name of the default network and of its driver.
pub(super) const BRIDGE: &str = "bridge";

/// How long another engine may take to make or change networks.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an engine of another root may take to find a subnet and take it.
const SUBNET_PATIENCE: Duration = Duration::from_secs(5);

/// A segment that containers can be connected to.
#[derive(Debug, Clone)]
pub(super) struct ReadySegment {
    pub(super) row: SegmentRow,
    pub(super) segment: Segment,
    pub(super) bridge: ReadyBridge,
}

impl Inner {
    /// Held by whoever makes or changes what all containers of this root share: bridges, and the firewall's table.
    pub(super) fn lock_networks(&self) -> Result<FileLock, EngineError> {
        Ok(FileLock::exclusive(&self.home.network_lock(), Instant::now() + PATIENCE)?)
    }

    /// The default network's segment, if nothing is missing of it, its bridge and its firewall.
    pub(super) fn ready_default_segment(
        &self,
        host: &mut RouteSocket,
    ) -> Result<Option<ReadySegment>, EngineError> {
        let Some(row) = self.default_segment_row()? else { return Ok(None) };
        let segment = record::segment(&row, 0)?;
        match segment.ready(host)? {
            Some(bridge) if self.is_open(&segment)? => Ok(Some(ReadySegment { row, segment, bridge })),
            _ => Ok(None),
        }
    }

    /// The default network's segment, with its bridge.
    pub(super) fn default_segment(&self, host: &mut RouteSocket) -> Result<ReadySegment, EngineError> {
        if let Some(ready) = self.ready_default_segment(host)? {
            return Ok(ready);
        }
        let _lock = self.lock_networks()?;
        let claim = SubnetClaim::wait(SUBNET_PATIENCE);
        let row = self.default_segment_row()?;
        let own = row.as_ref().map(|row| record::segment(row, 0)).transpose()?.map(|segment| segment.bridge);
        let facts = HostNetwork::read(host, own)?;
        let row = match row {
            Some(row) => self.still_clear(row, &facts)?,
            None => None,
        };
        let row = row.map_or_else(|| self.record_default_segment(&facts), Ok)?;
        let segment = record::segment(&row, facts.mtu)?;
        let bridge = segment.ensure(host)?;
        drop(claim);
        if !self.is_open(&segment)? {
            self.open_firewall()?;
        }
        Ok(ReadySegment { row, segment, bridge })
    }

    /// The row of the default network's segment, if there is one yet.
    pub(super) fn default_segment_row(&self) -> Result<Option<SegmentRow>, EngineError> {
        self.store.read(|tx| {
            let Some(network) = tx.network_by_name(BRIDGE)? else { return Ok(None) };
            Ok(tx.segments()?.into_iter().find(|segment| segment.network_id == network.id))
        })
    }

    /// A segment may be in the way of what the host reaches by now (since a reboot, say): then it is forgotten, unless somebody is on it.
    fn still_clear(&self, row: SegmentRow, facts: &HostNetwork) -> Result<Option<SegmentRow>, EngineError> {
        let subnet = record::segment(&row, facts.mtu)?.subnet4;
        let in_the_way = facts.reached.iter().any(|reached| reached.overlaps(subnet));
        if in_the_way && self.store.write(Durability::Normal, |tx| tx.remove_unused_segment(row.id))? {
            return Ok(None);
        }
        Ok(Some(row))
    }

    fn record_default_segment(&self, facts: &HostNetwork) -> Result<SegmentRow, EngineError> {
        let subnet4 = pool::free_subnet4(&facts.reached).ok_or_else(|| {
            EngineError::Conflict(
                "there is no free subnet for the default network: the host has routes to all of the pool"
                    .to_owned(),
            )
        })?;
        let subnet6 =
            facts.has_ipv6.then(|| pool::free_subnet6(self.home.identity(), &facts.reached)).flatten();
        let id = self.network_id(BRIDGE);
        let mut row = SegmentRow {
            id: 0,
            network_id: String::new(),
            bridge: self.home.bridge_name(0),
            subnet4: subnet4.to_string(),
            subnet6: subnet6.map(|subnet| subnet.to_string()),
        };
        self.store.write(Durability::Normal, |tx| {
            let network = match tx.network_by_name(BRIDGE)? {
                Some(network) => network,
                None => {
                    let network = NetworkRow {
                        id: id.clone(),
                        name: BRIDGE.to_owned(),
                        driver: BRIDGE.to_owned(),
                        created_at: now(),
                        settings: "{}".to_owned(),
                    };
                    tx.insert_network(&network)?;
                    network
                }
            };
            row.network_id = network.id;
            tx.insert_segment(&row)
        })?;
        self.default_segment_row()?
            .ok_or_else(|| EngineError::NotFound(format!("network {BRIDGE} not found")))
    }
}
