//! Networks, between Docker's shapes and the engine's.

use std::collections::BTreeMap;

use corten_api_types::network::{EndpointResource, Ipam, IpamConfig, Network as Document};
use corten_engine::{Engine, Network, NetworkEndpoint};
use corten_spec::time::Timestamp;
use http::StatusCode;

use crate::failure::Failure;
use crate::query::Query;
use crate::respond::{self, Answer};

/// Filters of a list.
const KNOWN: [&str; 6] = ["dangling", "driver", "id", "name", "scope", "type"];

/// `GET /networks`.
pub(crate) async fn list(engine: &Engine, query: &Query) -> Answer {
    let filters = query.filters()?;
    if let Some(name) = filters.keys().find(|name| !KNOWN.contains(&name.as_str()) && *name != "label") {
        return Err(Failure::invalid(format!("invalid filter '{name}'")));
    }
    for kind in filters.get("type").into_iter().flatten() {
        if !matches!(kind.as_str(), "builtin" | "custom") {
            return Err(Failure::invalid(format!("invalid filter: 'type'='{kind}'")));
        }
    }
    let networks = engine.networks.list().await?;
    let shown = networks.into_iter().filter(|network| passes(network, &filters));
    respond::json(&shown.map(|network| document(&network, false)).collect::<Vec<_>>())
}

/// Values of one name are alternatives.
fn passes(network: &Network, filters: &BTreeMap<String, Vec<String>>) -> bool {
    filters.iter().all(|(name, values)| {
        values.iter().any(|value| match name.as_str() {
            "driver" => network.driver == value,
            "id" => network.id.starts_with(value.as_str()),
            "name" => network.name.contains(value.as_str()),
            "scope" => value == "local",
            "type" => value == "builtin",
            // What every engine has has no labels, and is never called unused.
            _ => name == "dangling" && matches!(value.as_str(), "0" | "false"),
        })
    })
}

/// `GET /networks/{id}`.
pub(crate) async fn inspect(engine: &Engine, reference: &str, query: &Query) -> Answer {
    let network = engine.networks.inspect(reference).await?;
    if !matches!(query.text("scope"), "" | "local") {
        return Err(Failure {
            status: StatusCode::NOT_FOUND,
            message: format!("network {reference} not found"),
        });
    }
    respond::json(&document(&network, true))
}

/// `DELETE /networks/{id}`.
pub(crate) async fn remove(engine: &Engine, reference: &str) -> Answer {
    let network = engine.networks.inspect(reference).await?;
    let message = format!("{} is a pre-defined network and cannot be removed", network.name);
    Err(Failure { status: StatusCode::FORBIDDEN, message })
}

fn document(network: &Network, with_containers: bool) -> Document {
    let endpoints = || network.endpoints.iter().map(endpoint).collect();
    Document {
        name: network.name.to_owned(),
        id: network.id.clone(),
        created: network.created_at.unwrap_or(Timestamp::from_nanos(0)).rfc3339_nano(),
        scope: "local".to_owned(),
        driver: network.driver.to_owned(),
        enable_ipv4: true,
        enable_ipv6: network.subnets.len() > 1,
        ipam: Ipam {
            driver: "default".to_owned(),
            options: None,
            config: (network.name == "bridge").then(|| network.subnets.iter().map(subnet).collect()),
        },
        containers: Some(if with_containers { endpoints() } else { BTreeMap::new() }),
        options: options(network),
        ..Document::default()
    }
}

fn subnet((subnet, gateway): &(String, std::net::IpAddr)) -> IpamConfig {
    IpamConfig { subnet: subnet.clone(), gateway: gateway.to_string(), ..IpamConfig::default() }
}

/// Docker's words for what holds here.
fn options(network: &Network) -> BTreeMap<String, String> {
    let Some(bridge) = &network.bridge else { return BTreeMap::new() };
    let words = [
        ("com.docker.network.bridge.default_bridge", "true"),
        ("com.docker.network.bridge.enable_icc", "true"),
        ("com.docker.network.bridge.enable_ip_masquerade", "true"),
        ("com.docker.network.bridge.host_binding_ipv4", "0.0.0.0"),
        ("com.docker.network.bridge.name", bridge.as_str()),
    ];
    words.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn endpoint(endpoint: &NetworkEndpoint) -> (String, EndpointResource) {
    let [ipv4, ipv6] = &endpoint.addresses;
    let shown = EndpointResource {
        name: endpoint.name.clone(),
        endpoint_id: endpoint.id.clone(),
        mac_address: endpoint.mac.clone(),
        ipv4_address: ipv4.clone(),
        ipv6_address: ipv6.clone(),
    };
    (endpoint.container.to_string(), shown)
}
