//! Networks, between Docker's shapes and the engine's.

use std::collections::BTreeMap;

use corten_api_types::network::{
    ConnectRequest, CreateRequest, EndpointResource, Ipam, IpamConfig, Network as Document, PruneReport,
};
use corten_engine::{Engine, Network, NetworkEndpoint};
use http::StatusCode;

use crate::failure::Failure;
use crate::query::Query;
use crate::request::Request;
use crate::respond::{self, Answer};

/// `GET /networks`.
pub(crate) async fn list(engine: &Engine, query: &Query) -> Answer {
    let networks = engine.networks.list(query.filters()?).await?;
    respond::json(&networks.iter().map(|network| document(network, false)).collect::<Vec<_>>())
}

/// `POST /networks/create`.
pub(crate) async fn create(engine: &Engine, request: Request) -> Answer {
    let asked: CreateRequest = request.json().await?;
    respond::json_with(
        StatusCode::CREATED,
        &document(&engine.networks.create(&asked.name, &asked.driver)?, false),
    )
}

/// `POST /networks/prune`.
pub(crate) async fn prune(engine: &Engine, query: &Query) -> Answer {
    let removed = engine.networks.prune(query.filters()?).await?;
    respond::json(&PruneReport { networks_deleted: (!removed.is_empty()).then_some(removed) })
}

/// `POST /networks/{id}/connect`.
pub(crate) async fn connect(engine: &Engine, network: &str, request: Request) -> Answer {
    let asked: ConnectRequest = request.json().await?;
    engine.networks.connect(network, &asked.container).await?;
    respond::status(StatusCode::OK)
}

/// `POST /networks/{id}/disconnect`.
pub(crate) async fn disconnect(engine: &Engine, network: &str, request: Request) -> Answer {
    let asked: ConnectRequest = request.json().await?;
    engine.networks.disconnect(network, &asked.container).await?;
    respond::status(StatusCode::OK)
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
    engine.networks.remove(reference).await?;
    respond::status(StatusCode::NO_CONTENT)
}

fn document(network: &Network, with_containers: bool) -> Document {
    let endpoints = || network.endpoints.iter().map(endpoint).collect();
    Document {
        name: network.name.to_owned(),
        id: network.id.clone(),
        created: network.created_at.rfc3339_nano(),
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
