//! What a container says and shows of its networks and ports.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Unknown;
use crate::null::{is_default, is_none_or_empty, null_default};

/// Host ports by container port (`80/tcp`); `null` for a port that is exposed and not published.
pub type PortMap = BTreeMap<String, Option<Vec<PortBinding>>>;

/// Where a container's port appears on the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct PortBinding {
    /// Host address; empty for all of them.
    #[serde(deserialize_with = "null_default")]
    pub host_ip: String,
    /// Host port or range of ports; empty for one that is chosen.
    #[serde(deserialize_with = "null_default")]
    pub host_port: String,
}

/// The networks that a new container joins.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct NetworkingConfig {
    /// Settings by network name; `null` settings are the defaults.
    pub endpoints_config: Option<BTreeMap<String, Option<EndpointSettings>>>,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// A container's connection to a network: first what was asked for, then (from `NetworkID` on) what it got.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct EndpointSettings {
    /// Addresses asked for.
    #[serde(rename = "IPAMConfig")]
    pub ipam_config: Option<EndpointIpamConfig>,
    /// Legacy links (`container:alias`).
    pub links: Option<Vec<String>>,
    /// More names of the container on this network.
    pub aliases: Option<Vec<String>>,
    /// Hardware address.
    #[serde(deserialize_with = "null_default")]
    pub mac_address: String,
    /// Options of the network driver.
    pub driver_opts: Option<BTreeMap<String, String>>,
    /// The network with the highest figure gives the default gateway.
    #[serde(deserialize_with = "null_default")]
    pub gw_priority: i64,
    /// The network's id.
    #[serde(rename = "NetworkID", deserialize_with = "null_default")]
    pub network_id: String,
    /// This connection's id.
    #[serde(rename = "EndpointID", deserialize_with = "null_default")]
    pub endpoint_id: String,
    /// IPv4 gateway.
    #[serde(deserialize_with = "null_default")]
    pub gateway: String,
    /// IPv4 address.
    #[serde(rename = "IPAddress", deserialize_with = "null_default")]
    pub ip_address: String,
    /// Length of the IPv4 prefix.
    #[serde(rename = "IPPrefixLen", deserialize_with = "null_default")]
    pub ip_prefix_len: i64,
    /// IPv6 gateway.
    #[serde(rename = "IPv6Gateway", deserialize_with = "null_default")]
    pub ipv6_gateway: String,
    /// IPv6 address.
    #[serde(rename = "GlobalIPv6Address", deserialize_with = "null_default")]
    pub global_ipv6_address: String,
    /// Length of the IPv6 prefix.
    #[serde(rename = "GlobalIPv6PrefixLen", deserialize_with = "null_default")]
    pub global_ipv6_prefix_len: i64,
    /// Every name that the network's resolver answers for it.
    #[serde(rename = "DNSNames")]
    pub dns_names: Option<Vec<String>>,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// Addresses asked for on a network.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointIpamConfig {
    /// IPv4 address.
    #[serde(rename = "IPv4Address", skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub ipv4_address: String,
    /// IPv6 address.
    #[serde(rename = "IPv6Address", skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub ipv6_address: String,
    /// Link-local addresses.
    #[serde(rename = "LinkLocalIPs", skip_serializing_if = "is_none_or_empty")]
    pub link_local_ips: Option<Vec<String>>,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// `NetworkSettings` of an inspected container.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct NetworkSettings {
    /// The default bridge's interface, only if it was set by hand.
    pub bridge: String,
    /// Id of the network stack.
    #[serde(rename = "SandboxID")]
    pub sandbox_id: String,
    /// Path of the network stack.
    pub sandbox_key: String,
    /// Ports, published and exposed; `{}` without any.
    #[serde(deserialize_with = "null_default")]
    pub ports: PortMap,
    /// Always false.
    pub hairpin_mode: bool,
    /// Always empty.
    #[serde(rename = "LinkLocalIPv6Address")]
    pub link_local_ipv6_address: String,
    /// Always 0.
    #[serde(rename = "LinkLocalIPv6PrefixLen")]
    pub link_local_ipv6_prefix_len: i64,
    /// Always `null`.
    #[serde(rename = "SecondaryIPAddresses")]
    pub secondary_ip_addresses: Option<Vec<serde_json::Value>>,
    /// Always `null`.
    #[serde(rename = "SecondaryIPv6Addresses")]
    pub secondary_ipv6_addresses: Option<Vec<serde_json::Value>>,
    /// From here to `MacAddress`: the connection to the default bridge once more, else empty.
    #[serde(rename = "EndpointID")]
    pub endpoint_id: String,
    /// IPv4 gateway.
    pub gateway: String,
    /// IPv6 address.
    #[serde(rename = "GlobalIPv6Address")]
    pub global_ipv6_address: String,
    /// Length of the IPv6 prefix.
    #[serde(rename = "GlobalIPv6PrefixLen")]
    pub global_ipv6_prefix_len: i64,
    /// IPv4 address.
    #[serde(rename = "IPAddress")]
    pub ip_address: String,
    /// Length of the IPv4 prefix.
    #[serde(rename = "IPPrefixLen")]
    pub ip_prefix_len: i64,
    /// IPv6 gateway.
    #[serde(rename = "IPv6Gateway")]
    pub ipv6_gateway: String,
    /// Hardware address.
    pub mac_address: String,
    /// Connections by network name.
    #[serde(deserialize_with = "null_default")]
    pub networks: BTreeMap<String, EndpointSettings>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_in_dockers_order() {
        let networks = BTreeMap::from([("none".to_owned(), EndpointSettings::default())]);
        let settings = NetworkSettings { networks, ..NetworkSettings::default() };
        let expected = concat!(
            r#"{"Bridge":"","SandboxID":"","SandboxKey":"","Ports":{},"HairpinMode":false,"#,
            r#""LinkLocalIPv6Address":"","LinkLocalIPv6PrefixLen":0,"SecondaryIPAddresses":null,"#,
            r#""SecondaryIPv6Addresses":null,"EndpointID":"","Gateway":"","GlobalIPv6Address":"","#,
            r#""GlobalIPv6PrefixLen":0,"IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","MacAddress":"","#,
            r#""Networks":{"none":{"IPAMConfig":null,"Links":null,"Aliases":null,"MacAddress":"","DriverOpts":null,"#,
            r#""GwPriority":0,"NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"#,
            r#""IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}}}"#,
        );
        assert_eq!(serde_json::to_string(&settings).unwrap(), expected);
    }
}

/// `GET /networks/{id}`, and an element of `GET /networks`.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Network {
    /// Its name.
    pub name: String,
    /// 64 hex digits.
    pub id: String,
    /// When it was made, RFC 3339.
    pub created: String,
    /// `local`.
    pub scope: String,
    /// What makes it.
    pub driver: String,
    /// Whether its containers have IPv4 addresses.
    #[serde(rename = "EnableIPv4")]
    pub enable_ipv4: bool,
    /// Whether its containers have IPv6 addresses.
    #[serde(rename = "EnableIPv6")]
    pub enable_ipv6: bool,
    /// Its addresses.
    #[serde(rename = "IPAM")]
    pub ipam: Ipam,
    /// Whether nothing leads out of it.
    pub internal: bool,
    /// Whether containers outside of a swarm may join a swarm's network.
    pub attachable: bool,
    /// Whether it is a swarm's way in.
    pub ingress: bool,
    /// The network that it has its settings from.
    pub config_from: ConfigReference,
    /// Whether it is only settings for others.
    pub config_only: bool,
    /// Running containers on it, by id; `null` in a list.
    pub containers: Option<BTreeMap<String, EndpointResource>>,
    /// Settings of its driver.
    pub options: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// The addresses of a network.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Ipam {
    /// Who gives them out.
    pub driver: String,
    /// Its settings.
    pub options: Option<BTreeMap<String, String>>,
    /// Subnets.
    pub config: Option<Vec<IpamConfig>>,
}

/// A subnet of a network.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct IpamConfig {
    /// CIDR.
    pub subnet: String,
    /// CIDR that addresses are given out of; empty for all of the subnet.
    #[serde(rename = "IPRange", skip_serializing_if = "is_default")]
    pub ip_range: String,
    /// The host's address.
    #[serde(skip_serializing_if = "is_default")]
    pub gateway: String,
    /// Addresses that are not given out.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub auxiliary_addresses: Option<BTreeMap<String, String>>,
}

/// A network that settings come from.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "NetworkConfigReference")]
pub struct ConfigReference {
    /// Its name.
    pub network: String,
}

/// A container as its network shows it.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "NetworkContainer")]
pub struct EndpointResource {
    /// The container's name.
    pub name: String,
    /// The connection's id.
    #[serde(rename = "EndpointID")]
    pub endpoint_id: String,
    /// Hardware address.
    pub mac_address: String,
    /// Address with the length of its prefix.
    #[serde(rename = "IPv4Address")]
    pub ipv4_address: String,
    /// Address with the length of its prefix.
    #[serde(rename = "IPv6Address")]
    pub ipv6_address: String,
}

/// A network that is to be made: what is needed to say whether it can be.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "NetworkCreateRequest")]
pub struct CreateRequest {
    /// Its name.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// What makes it; empty for `bridge`.
    #[serde(deserialize_with = "null_default")]
    pub driver: String,
    /// Everything else.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// A container that is to be on a network, or no more.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "NetworkConnectRequest")]
pub struct ConnectRequest {
    /// The container's name or id.
    #[serde(deserialize_with = "null_default")]
    pub container: String,
    /// Everything else.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// What went.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "NetworkPruneReport")]
pub struct PruneReport {
    /// Networks, by name; `null` where nothing went.
    pub networks_deleted: Option<Vec<String>>,
}
