//! Publishing a container's ports: sockets keep others off them, records say whose they are, the firewall's table leads there, and a relay
//! holds the sockets from before the container starts until it ends.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsFd as _;

use corten_monitor::relay::{AT_ONCE, Listening, Relay};
use corten_network::publish::{Publication, ReserveError, Reserved, reserve};
use corten_spec::port::Protocol;
use corten_state::{Durability, PublishedPortRow};
use rustix::process::{Resource, getrlimit};

use super::lease::Lease;
use super::{Sandbox, firewall, record};
use crate::containers::{Container, Inner};
use crate::error::EngineError;

/// What Docker says of an address with a port that another container has.
fn already_allocated(address: SocketAddr) -> String {
    format!("Bind for {address} failed: port is already allocated")
}

/// Whether a port that is held on one address (as records have it) cannot be had on another.
fn are_in_each_others_way(held: &str, wanted: Option<IpAddr>) -> bool {
    match (held.parse::<IpAddr>().ok(), wanted) {
        (Some(held), Some(wanted)) => held == wanted || held.is_unspecified() || wanted.is_unspecified(),
        _ => true,
    }
}

/// What a relay has open beside published ports, and more than that.
const OPEN_BESIDE: u64 = 64;

/// Every port takes one of the files that a relay may have open.
fn require_room_for(ports: usize) -> Result<(), String> {
    match getrlimit(Resource::Nofile).maximum {
        Some(limit) if ports as u64 + OPEN_BESIDE > limit => Err(format!(
            "{ports} ports are more than the limit of open files has room for (`ulimit -Hn`: {limit})"
        )),
        _ => Ok(()),
    }
}

fn row(reserved: &Reserved, endpoint_id: &str) -> PublishedPortRow {
    PublishedPortRow {
        protocol: reserved.port.protocol.to_string(),
        host_port: reserved.host_port,
        host_address: reserved.address.map_or_else(String::new, |address| address.to_string()),
        endpoint_id: endpoint_id.to_owned(),
        container_port: reserved.port.number,
    }
}

impl Inner {
    /// Publishes what is to be published of a container whose connection is on record; for the holder of its lock. The ports are held for
    /// as long as what is returned is there.
    ///
    /// # Errors
    /// A port that somebody else has, in Docker's words; what the kernel refuses. The caller gives back what is on record then.
    pub(super) fn publish(
        &self,
        container: &Container,
        lease: &Lease,
        endpoint_id: &str,
    ) -> Result<Option<Relay>, EngineError> {
        let wanted = record::publications(&container.config)?;
        if wanted.is_empty() {
            return Ok(None);
        }
        let failed = |message: String| {
            EngineError::NotPublished(format!(
                "driver failed programming external connectivity on endpoint {} ({endpoint_id}): {message}",
                container.name
            ))
        };
        require_room_for(wanted.len()).map_err(failed)?;
        let mut relay = Relay::start(self.home.monitor_program())?;
        let _lock = self.lock_networks()?;
        let mut rows = Vec::with_capacity(wanted.len());
        for batch in wanted.chunks(AT_ONCE) {
            let mut reserved = Vec::with_capacity(batch.len());
            for publication in batch {
                let port = self.reserve_port(publication, &rows)?.map_err(failed)?;
                rows.push(row(&port, endpoint_id));
                reserved.push(port);
            }
            hold(&mut relay, lease, &reserved)?;
        }
        self.record_ports(&rows)?.map_err(failed)?;
        let connection = self.store.read(|tx| tx.connection_of(container.id.as_str()))?;
        let targets = connection.as_ref().map(firewall::port_targets).transpose()?.unwrap_or_default();
        self.firewall()?.publish(&targets)?;
        Ok(Some(relay))
    }

    /// The inner error is for the user, who wants a port that is not to be had: somebody has it, if only the same container (`own`).
    fn reserve_port(
        &self,
        wanted: &Publication,
        own: &[PublishedPortRow],
    ) -> Result<Result<Reserved, String>, EngineError> {
        match reserve(wanted) {
            Ok(reserved) => Ok(Ok(reserved)),
            Err(ReserveError::Taken { port, address }) => {
                let protocol = port.protocol.name();
                let holders = self.store.read(|tx| tx.holders_of_port(protocol, address.port()))?;
                let own =
                    own.iter().filter(|row| row.protocol == protocol && row.host_port == address.port());
                let mut held = holders.iter().map(|(held, _)| held).chain(own.map(|row| &row.host_address));
                let ours = held.any(|held| are_in_each_others_way(held, wanted.address));
                let error = ReserveError::Taken { port, address };
                Ok(Err(if ours { already_allocated(address) } else { error.to_string() }))
            }
            Err(error) => Ok(Err(corten_error::chain(&error))),
        }
    }

    /// Where a record says that somebody has one of these very ports, it is of a container that has ended, and that nobody has looked at
    /// since; or of one that runs without its relay, and keeps it. The inner error is as for [`Self::reserve_port`].
    fn record_ports(&self, rows: &[PublishedPortRow]) -> Result<Result<(), String>, EngineError> {
        for row in rows {
            let holders = self.store.read(|tx| tx.holders_of_port(&row.protocol, row.host_port))?;
            let same = holders.into_iter().find(|(address, _)| *address == row.host_address);
            let Some((_, holder)) = same else { continue };
            if self.find(&holder)?.state.is_running() {
                let address = row.host_address.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
                return Ok(Err(already_allocated(SocketAddr::new(address, row.host_port))));
            }
            self.withdraw_ports(&holder)?;
        }
        self.store
            .write(Durability::Normal, |tx| rows.iter().try_for_each(|row| tx.insert_published_port(row)))?;
        Ok(Ok(()))
    }

    /// Ends that ports lead to a container, for the holder of the networks' lock; its addresses stay leased.
    pub(super) fn withdraw_ports(&self, container_id: &str) -> Result<(), EngineError> {
        let Some(connection) = self.store.read(|tx| tx.connection_of(container_id))? else { return Ok(()) };
        if connection.ports.is_empty() {
            return Ok(());
        }
        self.firewall()?.withdraw(&firewall::port_targets(&connection)?)?;
        Ok(self.store.write(Durability::Normal, |tx| tx.forget_ports(&connection.endpoint.id))?)
    }

    /// Leaves the ports of a container that runs to their relay.
    ///
    /// # Errors
    /// When that is gone: then nothing would listen on ::1 or keep others off the ports, so the container is ended.
    pub(in crate::containers) fn hold_ports(
        &self,
        container: &Container,
        sandbox: Sandbox,
    ) -> Result<(), EngineError> {
        let Some(relay) = sandbox.ports else { return Ok(()) };
        let started = self.find_again(&container.id)?;
        // One that has ended already needs no ports.
        let Ok((_, init)) = self.init_of(&started) else { return Ok(()) };
        let served = relay.serve(init.as_fd(), &self.home.monitor_cgroup());
        Ok(served.inspect_err(|_| drop(self.kill_now(&started)))?)
    }
}

/// Hands sockets to the relay.
fn hold(relay: &mut Relay, lease: &Lease, reserved: &[Reserved]) -> Result<(), EngineError> {
    let listening = |reserved: &Reserved| Listening {
        datagrams: reserved.port.protocol == Protocol::Udp,
        target: SocketAddr::new(IpAddr::V4(lease.ipv4), reserved.port.number),
    };
    let sockets: Vec<_> =
        reserved.iter().map(|reserved| (listening(reserved), reserved.socket.as_fd())).collect();
    Ok(relay.hold(&sockets)?)
}
