//! Connecting a container that is about to start: addresses are leased, a namespace is made, a cable laid.

use std::fs::File;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use corten_monitor::relay::Relay;
use corten_network::sandbox::{self, Cable, Endpoint, Prepared};
use corten_network::{LinkName, NetworkError, ReadyBridge, RouteSocket};
use corten_state::{Durability, EndpointRow, SandboxRow};

use super::ahead::Spare;
use super::lease::{Lease, Wanted};
use super::mode::NetworkMode;
use super::segment::ReadySegment;
use crate::containers::{Container, Inner};
use crate::error::EngineError;
use crate::host::boot_id;
use crate::random;

/// A container's place on the network, while it starts.
#[derive(Debug)]
pub(crate) struct Sandbox {
    /// Its namespace, until it is handed over; `None` from the beginning for one that only the container can make.
    pub(crate) namespace: Option<OwnedFd>,
    /// The container's addresses.
    pub(crate) addresses: Vec<IpAddr>,
    /// The host's, as the container reaches it.
    pub(crate) gateways: Vec<IpAddr>,
    /// What was leased.
    pub(in crate::containers) lease: Lease,
    /// What holds its ports on the host.
    pub(in crate::containers) ports: Option<Relay>,
    endpoint_id: String,
    endpoint: Endpoint,
}

impl Inner {
    /// Connects a container whose lock the caller holds; `None` for one that has no network of the engine's.
    ///
    /// # Errors
    /// No address is free, or not the one that is asked for; what the kernel refuses. Then nothing is left.
    pub(crate) fn connect_to_network(&self, container: &Container) -> Result<Option<Sandbox>, EngineError> {
        // The last run's, which nobody has given back.
        self.release_network(container.id.as_str())?;
        let connected = match NetworkMode::of(&container.config.host)? {
            NetworkMode::Bridge => self.connect_to_bridge(container).map(Some),
            NetworkMode::Container(_) => {
                let owner = self.network_owner(&container.config.host)?;
                return owner.map_or(Ok(()), |owner| self.join_sandbox(container, &owner)).map(|()| None);
            }
            NetworkMode::None | NetworkMode::Host => return Ok(None),
            NetworkMode::Missing(name) => Err(EngineError::NotFound(format!("network {name} not found"))),
        };
        connected.map_err(|error| EngineError::Networking(Box::new(error)))
    }

    fn connect_to_bridge(&self, container: &Container) -> Result<Sandbox, EngineError> {
        let mut host = corten_network::open_host()?;
        let ready = self.default_segment(&mut host)?;
        if let Some(sandbox) = self.return_to_sandbox(container, &ready)? {
            return Ok(sandbox);
        }
        let spare = if container.config.host.ids.is_none() {
            self.sandboxes_ahead.take(|spare| spare.fits(&ready))
        } else {
            None
        };
        let endpoint_id =
            spare.as_ref().map_or_else(random::hex_id, |spare| Ok(spare.endpoint_id.clone()))?;
        let lease = match self.lease(container, &ready, &endpoint_id) {
            Err(EngineError::Conflict(_)) if self.release_all_ended()? => {
                self.lease(container, &ready, &endpoint_id)?
            }
            leased => leased?,
        };
        self.ensure_guard()?;
        let plan = plan(&ready, lease, &endpoint_id);
        let made = plan.and_then(|plan| self.make_sandbox(&mut host, container, plan, spare));
        // The first failure is the one to report; a lease that stays is given back by the next start, or by `system settle`.
        made.inspect_err(|_| drop(self.release_network(container.id.as_str())))
    }

    /// A network namespace belongs to the user namespace that it was made in: a container with one of its own has to make both.
    fn make_sandbox(
        &self,
        host: &mut RouteSocket,
        container: &Container,
        mut sandbox: Sandbox,
        spare: Option<Spare>,
    ) -> Result<Sandbox, EngineError> {
        if container.config.host.ids.is_none() {
            let spare = spare.map(|spare| spare.prepared);
            let made = make_namespace(host, spare, &sandbox.endpoint).or_else(|error| {
                // With nobody on it, somebody may have removed the bridge before the lease was on record.
                let again = self.default_segment(host)?;
                if again.bridge.index == sandbox.endpoint.cable.bridge {
                    return Err(EngineError::from(error));
                }
                sandbox.endpoint.cable.bridge = again.bridge.index;
                Ok(make_namespace(host, None, &sandbox.endpoint)?)
            });
            sandbox.namespace = Some(made?);
        }
        sandbox.ports = self.publish(container, &sandbox.lease, &sandbox.endpoint_id)?;
        Ok(sandbox)
    }

    /// Connects the namespace that a container has made.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub(in crate::containers) fn connect_late(&self, pid: u32, sandbox: &Sandbox) -> Result<(), EngineError> {
        Ok(sandbox::join(&mut corten_network::open_host()?, namespace_of(pid)?, &sandbox.endpoint)?)
    }

    fn lease(
        &self,
        container: &Container,
        ready: &ReadySegment,
        endpoint_id: &str,
    ) -> Result<Lease, EngineError> {
        let wanted = Wanted::of(&container.config.host.endpoint)?;
        let sandbox_id = random::hex_id()?;
        let boot = boot_id()?.to_owned();
        self.store.write(Durability::Normal, |tx| {
            let taken = tx.leased_addresses(ready.row.id)?;
            let lease = wanted.lease(ready.segment.subnet4, ready.segment.subnet6, &taken)?;
            let container_id = Some(container.id.to_string());
            tx.insert_sandbox(&SandboxRow { id: sandbox_id.clone(), container_id, boot })?;
            tx.insert_endpoint(&EndpointRow {
                id: endpoint_id.to_owned(),
                sandbox_id,
                segment_id: ready.row.id,
                ipv4: lease.ipv4.into(),
                ipv6: lease.ipv6.map(|address| address.to_string()),
                mac: lease.mac.to_string(),
            })?;
            Ok::<_, EngineError>(lease)
        })
    }
}

/// The network namespace of a process, whose number the caller has made sure of.
pub(super) fn namespace_of(pid: u32) -> Result<OwnedFd, EngineError> {
    let path = PathBuf::from(format!("/proc/{pid}/ns/net"));
    let opened = File::open(&path).map_err(|source| EngineError::ReadFile { path, source })?;
    Ok(opened.into())
}

/// What a container is connected with.
pub(super) fn plan(ready: &ReadySegment, lease: Lease, endpoint_id: &str) -> Result<Sandbox, EngineError> {
    let gateways: Vec<(IpAddr, u8)> = ready.segment.gateways()?;
    let own = [Some(IpAddr::from(lease.ipv4)), lease.ipv6.map(IpAddr::from)];
    let own: Vec<IpAddr> = own.into_iter().flatten().collect();
    let endpoint = Endpoint {
        cable: cable(&ready.bridge, endpoint_id)?,
        mac: lease.mac,
        addresses: own.iter().zip(&gateways).map(|(address, (_, length))| (*address, *length)).collect(),
        gateways: gateways.iter().take(own.len()).map(|(address, _)| *address).collect(),
    };
    let gateways = endpoint.gateways.clone();
    let endpoint_id = endpoint_id.to_owned();
    Ok(Sandbox { namespace: None, addresses: own, gateways, lease, ports: None, endpoint_id, endpoint })
}

fn make_namespace(
    host: &mut RouteSocket,
    spare: Option<Prepared>,
    endpoint: &Endpoint,
) -> Result<OwnedFd, NetworkError> {
    let prepared = spare.map_or_else(|| sandbox::prepare(host, endpoint.cable), Ok)?;
    prepared.finish(host, endpoint)
}

/// The cable of an endpoint.
pub(super) fn cable(bridge: &ReadyBridge, endpoint_id: &str) -> Result<Cable, EngineError> {
    Ok(Cable { host_name: cable_name(endpoint_id)?, bridge: bridge.index, mtu: bridge.mtu })
}

/// The host's end of a cable: 44 bits of its endpoint's id.
fn cable_name(endpoint_id: &str) -> Result<LinkName, EngineError> {
    let short = endpoint_id.get(..11).unwrap_or(endpoint_id);
    LinkName::new(&format!("veth{short}")).map_err(|error| EngineError::Invalid(error.to_string()))
}
