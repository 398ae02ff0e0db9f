//! The firewall's table of this root, as the records have it.

use std::path::PathBuf;

use corten_network::firewall::{Firewall, Forwarding, PortTarget, Ruleset, turn_on};
use corten_network::{HostNetwork, Segment};
use corten_spec::port::Protocol;
use corten_state::{Connection, PublishedPortRow, StateError};

use super::lease::Lease;
use super::mode::NetworkMode;
use super::record;
use crate::containers::{Container, Inner};
use crate::error::EngineError;
use crate::home::write_whole;

/// What the names of all bridges begin with.
const BRIDGES: &str = "corten";

impl Inner {
    /// What a user whose container will have a network should know of it before it starts.
    pub(in crate::containers) fn network_warnings(
        &self,
        container: &Container,
    ) -> Result<Vec<String>, EngineError> {
        let host = &container.config.host;
        let publishes = host.publish_all_ports || !host.port_bindings.is_empty();
        match NetworkMode::of(host)? {
            NetworkMode::Host if publishes => {
                Ok(vec!["Published ports are discarded when using host network mode".to_owned()])
            }
            NetworkMode::Bridge => {
                let drops = self.firewall()?.foreign_drops(BRIDGES)?;
                Ok(drops.iter().map(|drop| format!("{drop} drops what is forwarded: unless it has a rule about `{BRIDGES}*`, nothing gets into containers from outside this host, or out")).collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// A socket for the table.
    pub(super) fn firewall(&self) -> Result<Firewall, EngineError> {
        Ok(Firewall::open(self.home.name())?)
    }

    /// Whether the table is there.
    pub(crate) fn has_networks(&self) -> Result<bool, EngineError> {
        Ok(self.firewall()?.is_there()?)
    }

    /// Whether nothing of what lets containers reach the world is missing; two questions to the kernel.
    pub(super) fn is_open(&self, segment: &Segment) -> Result<bool, EngineError> {
        Ok(self.firewall()?.is_there()? && Forwarding::read()?.suffices(segment.subnet6.is_some()))
    }

    /// Makes the table as the records have it, and lets the host forward; for the holder of the networks' lock.
    pub(super) fn open_firewall(&self) -> Result<(), EngineError> {
        let (rows, connections) =
            self.store.read(|tx| Ok::<_, StateError>((tx.segments()?, tx.connections()?)))?;
        let segments: Vec<Segment> =
            rows.iter().map(|row| record::segment(row, 0)).collect::<Result<_, _>>()?;
        let mut published = Vec::new();
        for connection in &connections {
            published.extend(port_targets(connection)?);
        }
        let with_ipv6 = segments.iter().any(|segment| segment.subnet6.is_some());
        let guards = self.forwarded_for_us(with_ipv6)?;
        self.firewall()?.replace(&Ruleset { segments, published, guards })?;
        // Only now that the table guards it.
        Ok(turn_on(with_ipv6)?)
    }

    /// What the host forwards on our account: what it did not when we first wanted it to, in this boot.
    fn forwarded_for_us(&self, with_ipv6: bool) -> Result<Forwarding, EngineError> {
        let found = Forwarding::read()?;
        let is_ours = |mark: PathBuf, is_off: bool| {
            if is_off && !mark.exists() {
                write_whole(&mark, b"", 0o600)?;
            }
            Ok::<_, EngineError>(mark.exists())
        };
        Ok(Forwarding {
            ipv4: is_ours(self.home.forwarding_mark(4), !found.ipv4)?,
            ipv6: is_ours(self.home.forwarding_mark(6), with_ipv6 && !found.ipv6)?,
        })
    }

    /// Makes what is missing of bridges and the table, where anybody needs them: somebody may have taken them away. Returns whether
    /// anybody does.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub(crate) fn mend_networks(&self) -> Result<bool, EngineError> {
        let _lock = self.lock_networks()?;
        let mut host = corten_network::open_host()?;
        let facts = HostNetwork::read(&mut host, None)?;
        let mut needed = false;
        for row in self.store.read(|tx| tx.segments())? {
            if self.is_in_use(&row)? {
                record::segment(&row, facts.mtu)?.ensure(&mut host)?;
                needed = true;
            }
        }
        if needed && !self.firewall()?.is_there()? {
            self.open_firewall()?;
        }
        Ok(needed)
    }
}

/// Where the published ports of a connection lead.
pub(super) fn port_targets(connection: &Connection) -> Result<Vec<PortTarget>, EngineError> {
    let lease = record::lease(&connection.endpoint)?;
    Ok(connection.ports.iter().filter_map(|row| port_target(row, &lease)).collect())
}

/// `None` for a row that a newer engine wrote of a protocol that this one does not know.
fn port_target(row: &PublishedPortRow, lease: &Lease) -> Option<PortTarget> {
    let protocol: Protocol = row.protocol.parse().ok()?;
    Some(PortTarget {
        protocol,
        address: row.host_address.parse().ok(),
        host_port: row.host_port,
        ipv4: lease.ipv4,
        ipv6: lease.ipv6,
        port: row.container_port,
    })
}
