//! A container's place on its network, between Docker's shapes and the engine's.

use std::collections::BTreeMap;
use std::net::IpAddr;

use corten_api_types::container::{CreateRequest, PortSummary};
use corten_api_types::network::{
    EndpointIpamConfig, EndpointSettings, NetworkSettings, PortBinding, PortMap,
};
use corten_engine::containers::config::{EndpointConfig, HostConfig, PortBindingConfig};
use corten_engine::containers::{ConnectionView, Container, PublishedPort};

use crate::failure::Failure;
use crate::fields::{self, refuse_unknown};

/// What is wanted of the connection to the network that the container is on.
///
/// # Errors
/// Not implemented for what belongs to networks of one's own.
pub(super) fn endpoint(request: &CreateRequest) -> Result<EndpointConfig, Failure> {
    let mode = request.host_config.as_ref().map_or("", |host| host.network_mode.as_str());
    let mut wanted = EndpointConfig { mac: request.config.mac_address.clone(), ..EndpointConfig::default() };
    let endpoints =
        request.networking_config.iter().flat_map(|config| config.endpoints_config.iter().flatten());
    for (name, settings) in endpoints {
        if !is_same_network(name, mode) {
            return Err(Failure::not_implemented(format!(
                "connecting a container to network `{name}` beside `{mode}` is not built yet"
            )));
        }
        let Some(settings) = settings else { continue };
        refuse_settings(name, settings)?;
        let links = settings.links.as_deref().unwrap_or_default();
        refuse_other_links(name, links, request)?;
        wanted.links = links.to_vec();
        if !settings.mac_address.is_empty() {
            settings.mac_address.clone_into(&mut wanted.mac);
        }
        if let Some(ipam) = &settings.ipam_config {
            wanted.ipv4 = ipam.ipv4_address.clone();
            wanted.ipv6 = ipam.ipv6_address.clone();
        }
    }
    Ok(wanted)
}

fn is_same_network(name: &str, mode: &str) -> bool {
    let default = |name: &str| matches!(name, "" | "default" | "bridge");
    name == mode || (default(name) && default(mode))
}

/// Docker's client repeats the links of a container on the default network as those of its connection: there they say nothing of their own.
fn refuse_other_links(network: &str, links: &[String], request: &CreateRequest) -> Result<(), Failure> {
    let of_container = request.host_config.iter().flat_map(|host| host.links.iter().flatten());
    let of_container: Vec<&String> = of_container.collect();
    if links.iter().all(|link| of_container.contains(&link)) {
        return Ok(());
    }
    Err(Failure::not_implemented(format!("`Links` for network `{network}` is not built yet")))
}

/// What an engine reports of a connection is let through: clients send back what they were shown.
fn refuse_settings(network: &str, settings: &EndpointSettings) -> Result<(), Failure> {
    refuse_unknown(&fields::ENDPOINT, &settings.unknown)?;
    let filled = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    let link_local = settings.ipam_config.as_ref().is_some_and(|ipam| filled(&ipam.link_local_ips));
    let asked = [
        ("Aliases", filled(&settings.aliases)),
        ("DriverOpts", settings.driver_opts.as_ref().is_some_and(|options| !options.is_empty())),
        ("GwPriority", settings.gw_priority != 0),
        ("LinkLocalIPs", link_local),
    ];
    match asked.iter().find(|(_, asked)| *asked) {
        Some((field, _)) => {
            Err(Failure::not_implemented(format!("`{field}` for network `{network}` is not built yet")))
        }
        None => Ok(()),
    }
}

/// Where ports are wanted on the host.
pub(super) fn port_bindings(map: Option<PortMap>) -> BTreeMap<String, Vec<PortBindingConfig>> {
    let binding = |PortBinding { host_ip, host_port }| PortBindingConfig { host_ip, host_port };
    map.unwrap_or_default()
        .into_iter()
        .map(|(port, bindings)| (port, bindings.unwrap_or_default().into_iter().map(binding).collect()))
        .collect()
}

/// The same as it was asked for.
pub(super) fn port_map(host: &HostConfig) -> PortMap {
    let binding = |binding: &PortBindingConfig| PortBinding {
        host_ip: binding.host_ip.clone(),
        host_port: binding.host_port.clone(),
    };
    host.port_bindings
        .iter()
        .map(|(port, bindings)| (port.clone(), Some(bindings.iter().map(binding).collect())))
        .collect()
}

/// `NetworkSettings` of an inspected container.
pub(super) fn network_settings(
    container: &Container,
    connection: Option<&ConnectionView>,
) -> NetworkSettings {
    let network = container.network();
    let mut networks = BTreeMap::new();
    if !network.starts_with("container:") {
        networks.insert(network.to_owned(), endpoint_settings(container, connection));
    }
    let Some(connection) = connection else {
        return NetworkSettings { networks, ..NetworkSettings::default() };
    };
    let shown = endpoint_settings(container, Some(connection));
    NetworkSettings {
        sandbox_id: connection.sandbox_id.clone(),
        sandbox_key: connection.sandbox_key.clone(),
        ports: published(container, connection),
        endpoint_id: shown.endpoint_id,
        gateway: shown.gateway,
        global_ipv6_address: shown.global_ipv6_address,
        global_ipv6_prefix_len: shown.global_ipv6_prefix_len,
        ip_address: shown.ip_address,
        ip_prefix_len: shown.ip_prefix_len,
        ipv6_gateway: shown.ipv6_gateway,
        mac_address: shown.mac_address,
        networks,
        ..NetworkSettings::default()
    }
}

/// A connection: what was asked for, and what there is of it.
pub(super) fn endpoint_settings(
    container: &Container,
    connection: Option<&ConnectionView>,
) -> EndpointSettings {
    let EndpointConfig { ipv4, ipv6, mac, links } = &container.config.host.endpoint;
    let asked = EndpointIpamConfig {
        ipv4_address: ipv4.clone(),
        ipv6_address: ipv6.clone(),
        ..EndpointIpamConfig::default()
    };
    let settings = EndpointSettings {
        ipam_config: (asked != EndpointIpamConfig::default()).then_some(asked),
        mac_address: mac.clone(),
        links: (!links.is_empty()).then(|| links.clone()),
        ..EndpointSettings::default()
    };
    let Some(connection) = connection else { return settings };
    let text = |address: Option<IpAddr>| address.map_or_else(String::new, |address| address.to_string());
    EndpointSettings {
        mac_address: connection.mac.clone(),
        network_id: connection.network_id.clone(),
        endpoint_id: connection.endpoint_id.clone(),
        gateway: text(connection.gateway4),
        ip_address: connection.ipv4.0.to_string(),
        ip_prefix_len: connection.ipv4.1.into(),
        ipv6_gateway: text(connection.gateway6),
        global_ipv6_address: text(connection.ipv6.map(|(address, _)| address)),
        global_ipv6_prefix_len: connection.ipv6.map_or(0, |(_, length)| length.into()),
        ..settings
    }
}

/// What is published, and with `null` what is only exposed.
fn published(container: &Container, connection: &ConnectionView) -> PortMap {
    let mut ports: PortMap = container.config.exposed_ports.iter().map(|port| (port.clone(), None)).collect();
    for published in &connection.ports {
        let bindings = ports.entry(published.port.to_string()).or_default().get_or_insert_default();
        bindings.extend(
            shown_addresses(published)
                .map(|address| PortBinding { host_ip: address, host_port: published.host_port.to_string() }),
        );
    }
    ports
}

/// The ports of one line of `ps`: those published, then those only exposed.
pub(super) fn summary_ports(container: &Container, connection: Option<&ConnectionView>) -> Vec<PortSummary> {
    let published = connection.map_or(&[][..], |connection| &connection.ports);
    let mut ports: Vec<PortSummary> = Vec::new();
    for found in published {
        ports.extend(shown_addresses(found).map(|address| PortSummary {
            ip: address,
            private_port: found.port.number,
            public_port: found.host_port,
            protocol: found.port.protocol.to_string(),
        }));
    }
    if !container.state.is_running() {
        return ports;
    }
    let exposed =
        container.config.exposed_ports.iter().filter_map(|text| corten_spec::port::parse_ports(text).ok());
    for (numbers, protocol) in exposed {
        for number in numbers {
            if !published.iter().any(|found| found.port.number == number && found.port.protocol == protocol) {
                let protocol = protocol.to_string();
                ports.push(PortSummary { private_port: number, protocol, ..PortSummary::default() });
            }
        }
    }
    ports
}

/// All of both families are two entries, as Docker shows them.
fn shown_addresses(published: &PublishedPort) -> impl Iterator<Item = String> {
    let addresses = match published.address {
        Some(address) => vec![address.to_string()],
        None => vec!["0.0.0.0".to_owned(), "::".to_owned()],
    };
    addresses.into_iter()
}
