//! `GET /containers/json`.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use corten_api_types::container::{PruneReport, Summary, SummaryHostConfig, SummaryNetworks};
use corten_engine::containers::{ConnectionView, Container, ContainerSize, HealthStatus, ListQuery, Status};
use corten_engine::{Engine, Volumes};
use corten_spec::duration::human;
use corten_spec::time::Timestamp;

use super::mount_points::mount_points;
use super::networking::{endpoint_settings, summary_ports};
use crate::query::Query;
use crate::respond::{self, Answer};

pub(crate) async fn list(engine: &Engine, query: &Query) -> Answer {
    // Docker: a negative or absent limit is none.
    let limit = query.number::<i64>("limit")?.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0);
    let asked = ListQuery { all: query.flag("all"), limit, filters: query.filters()? };
    let containers = engine.containers.list(asked).await?;
    let now = Timestamp::from_system_time(SystemTime::now());
    let connections = engine.containers.connections(&containers).await?;
    let links = engine.containers.link_names().await?;
    let mut summaries: Vec<Summary> = containers
        .iter()
        .zip(&connections)
        .map(|(container, connection)| summary(container, connection.as_ref(), &engine.volumes, now))
        .map(|summary| with_link_names(summary, &links))
        .collect();
    if query.flag("size") {
        let sizes = engine.containers.sizes(&containers).await?;
        for (summary, size) in summaries.iter_mut().zip(sizes) {
            (summary.size_rw, summary.size_root_fs) = in_bytes(size);
        }
    }
    respond::json(&summaries)
}

/// `POST /containers/prune`.
pub(crate) async fn prune(engine: &Engine, query: &Query) -> Answer {
    let pruned = engine.containers.prune(query.filters()?).await?;
    let removed: Vec<String> = pruned.removed.iter().map(ToString::to_string).collect();
    respond::json(&PruneReport {
        containers_deleted: (!removed.is_empty()).then_some(removed),
        space_reclaimed: pruned.reclaimed,
    })
}

/// What a container has written, and all that it shows, as Docker's signed numbers.
pub(super) fn in_bytes(size: ContainerSize) -> (i64, i64) {
    let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    (signed(size.writable), signed(size.total))
}

pub(crate) fn summary(
    container: &Container,
    connection: Option<&ConnectionView>,
    volumes: &Volumes,
    now: Timestamp,
) -> Summary {
    let config = &container.config;
    let network = container.network().to_owned();
    let networks = [(network.clone(), endpoint_settings(container, connection))].into();
    Summary {
        id: container.id.to_string(),
        names: vec![format!("/{}", container.name)],
        image: config.image.clone(),
        image_id: container.image_id.clone(),
        command: command(container),
        created: container.created_at.as_nanos() / 1_000_000_000,
        labels: config.labels.clone(),
        state: container.word().to_owned(),
        status: status(container, now),
        host_config: SummaryHostConfig { network_mode: network, annotations: None },
        ports: summary_ports(container, connection),
        network_settings: Some(SummaryNetworks { networks }),
        mounts: mount_points(&config.host, volumes),
        ..Summary::default()
    }
}

fn in_brackets(health: HealthStatus) -> &'static str {
    match health {
        HealthStatus::Starting => " (health: starting)",
        HealthStatus::Healthy => " (healthy)",
        HealthStatus::Unhealthy => " (unhealthy)",
    }
}

/// Links give a container further names.
pub(crate) fn with_link_names(mut summary: Summary, links: &HashMap<String, Vec<String>>) -> Summary {
    summary.names.extend(links.get(&summary.id).into_iter().flatten().cloned());
    summary
}

/// Docker's one line: words with blanks stand in quotes.
fn command(container: &Container) -> String {
    let config = &container.config;
    let words = config.entrypoint.iter().flatten().chain(config.cmd.iter().flatten());
    let quoted =
        words.map(|word| if word.contains(char::is_whitespace) { format!("'{word}'") } else { word.clone() });
    quoted.collect::<Vec<_>>().join(" ")
}

/// `Up 5 minutes (Paused)`, `Up 5 minutes (healthy)`, `Restarting (1) 5 seconds ago`, `Exited (0) 2 hours ago`, `Created`.
pub(super) fn status(container: &Container, now: Timestamp) -> String {
    let (state, health) = (&container.state, container.health);
    let since = |moment: Timestamp| {
        let nanos = u64::try_from(now.as_nanos().saturating_sub(moment.as_nanos())).unwrap_or(0);
        human(Duration::from_nanos(nanos))
    };
    match state.status {
        Status::Running if state.paused => format!("Up {} (Paused)", since(state.started_at)),
        Status::Running => format!("Up {}{}", since(state.started_at), health.map_or("", in_brackets)),
        Status::Removing => "Removal In Progress".to_owned(),
        Status::Created => "Created".to_owned(),
        Status::Exited => {
            let word = if container.is_restarting() { "Restarting" } else { "Exited" };
            format!("{word} ({}) {} ago", state.exit_code, since(state.finished_at))
        }
    }
}
