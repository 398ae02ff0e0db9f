//! Networks that containers can be on. Today these are the three that every engine has.
//!
//! How a container is connected is `containers::network`'s.

mod filter;
mod join;
mod list;
mod prune;
mod refuse;

use std::net::IpAddr;

use corten_spec::id::ContainerId;
use corten_spec::time::Timestamp;

use crate::containers::Containers;

pub(crate) use list::driver_of;

/// The service. Cheap to clone; every clone is the same service.
#[derive(Debug, Clone)]
pub struct Networks {
    containers: Containers,
}

/// A network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// 64 hex digits.
    pub id: String,
    /// Its name.
    pub name: &'static str,
    /// What makes it: `bridge`, `host`, `null`.
    pub driver: &'static str,
    /// When the root was made: since then there are these networks.
    pub created_at: Timestamp,
    /// The host's interface that its containers are connected to.
    pub bridge: Option<String>,
    /// Its subnets, each with the length of its prefix and the gateway.
    pub subnets: Vec<(String, IpAddr)>,
    /// Running containers on it.
    pub endpoints: Vec<NetworkEndpoint>,
}

/// A running container on a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkEndpoint {
    /// The container.
    pub container: ContainerId,
    /// Its name.
    pub name: String,
    /// The connection's id; empty where there is none.
    pub id: String,
    /// Its hardware address; empty where it has none of its own.
    pub mac: String,
    /// Its addresses with the lengths of their prefixes, IPv4 first.
    pub addresses: [String; 2],
}

impl Networks {
    pub(crate) fn new(containers: Containers) -> Self {
        Self { containers }
    }
}
