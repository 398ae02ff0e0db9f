//! What a container is asked to be on its network.

use serde::{Deserialize, Serialize};

/// What is wanted of a container's connection to its network; empty = what the network gives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointConfig {
    /// The IPv4 address.
    pub ipv4: String,
    /// The IPv6 address.
    pub ipv6: String,
    /// The hardware address.
    pub mac: String,
    /// Links as the client said them of this connection, for inspect: what holds are those of the container.
    #[serde(default)]
    pub links: Vec<String>,
}

/// Where one port of a container appears on the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortBindingConfig {
    /// The host's address; empty = all of both families.
    pub host_ip: String,
    /// The host's port, or a range to choose from; empty = any.
    pub host_port: String,
}
