//! `GET /containers/{id}/json` and `/top`.

use std::collections::BTreeMap;

use corten_api_types::container::{
    GraphDriver, Health, HealthResult, HostConfig, InspectResponse, LogGap, State, TopResponse,
};
use corten_engine::containers::{Container, HealthReport, Inspected};
use corten_engine::{Engine, Volumes};

use super::list::in_bytes;
use super::mount_points::mount_points;
use super::networking::network_settings;
use super::response_config::{config, host_config};
use crate::query::Query;
use crate::respond::{self, Answer};

/// Everything about one container.
pub(crate) async fn inspect(engine: &Engine, id: &str, query: &Query) -> Answer {
    let inspected = engine.containers.inspect(id).await?;
    let mut document = document(&inspected, &engine.volumes);
    if query.flag("size") {
        let sizes = engine.containers.sizes(std::slice::from_ref(&inspected.container)).await?;
        (document.size_rw, document.size_root_fs) = sizes.into_iter().next().map(in_bytes).unzip();
    }
    respond::json(&document)
}

/// Its processes.
pub(crate) async fn top(engine: &Engine, id: &str, query: &Query) -> Answer {
    let table = engine.containers.top(id, query.text("ps_args")).await?;
    respond::json(&TopResponse { processes: table.rows, titles: table.titles })
}

fn document(inspected: &Inspected, volumes: &Volumes) -> InspectResponse {
    let Inspected { container, log_path, run_directory, exec_ids, .. } = inspected;
    let settings = &container.config;
    let mut command = settings.entrypoint.iter().flatten().chain(settings.cmd.iter().flatten()).cloned();
    let run_file = |name: &str| run_directory.join(name).display().to_string();
    InspectResponse {
        id: container.id.to_string(),
        created: container.created_at.rfc3339_nano(),
        path: command.next().unwrap_or_default(),
        args: command.collect(),
        state: State { health: inspected.health.as_ref().map(health), ..state(container) },
        restart_count: i64::try_from(container.restart_count()).unwrap_or(i64::MAX),
        image: container.image_id.clone(),
        resolv_conf_path: run_file("resolv.conf"),
        hostname_path: run_file("hostname"),
        hosts_path: run_file("hosts"),
        log_path: log_path.display().to_string(),
        name: format!("/{}", container.name),
        driver: "overlay2".to_owned(),
        platform: "linux".to_owned(),
        exec_ids: (!exec_ids.is_empty()).then(|| exec_ids.clone()),
        host_config: HostConfig {
            links: (!inspected.links.is_empty()).then(|| inspected.links.clone()),
            masked_paths: inspected.masked_paths.clone(),
            readonly_paths: inspected.readonly_paths.clone(),
            ..host_config(container)
        },
        graph_driver: graph_driver(inspected),
        mounts: mount_points(&settings.host, volumes),
        config: config(container),
        network_settings: network_settings(container, inspected.connection.as_ref()),
        ..InspectResponse::default()
    }
}

fn state(container: &Container) -> State {
    let state = &container.state;
    let pid = state.init.as_ref().filter(|_| state.is_running()).map_or(0, |init| i64::from(init.pid));
    State {
        status: container.word().to_owned(),
        running: container.is_up(),
        restarting: container.is_restarting(),
        paused: state.paused,
        oom_killed: state.oom_killed,
        pid,
        exit_code: state.exit_code.into(),
        error: state.error.clone(),
        started_at: state.started_at.rfc3339_nano(),
        finished_at: state.finished_at.rfc3339_nano(),
        log_gap: state.log_gap.as_ref().map(|gap| LogGap {
            dropped_entries: gap.entries,
            dropped_bytes: gap.bytes,
            reason: gap.reason.clone(),
        }),
        ..State::default()
    }
}

pub(crate) fn health(report: &HealthReport) -> Health {
    let results = report.log.iter().map(|result| HealthResult {
        start: result.start.rfc3339_nano(),
        end: result.end.rfc3339_nano(),
        exit_code: result.exit_code.into(),
        output: result.output.clone(),
    });
    Health {
        status: report.status.word().to_owned(),
        failing_streak: i64::try_from(report.failing_streak).unwrap_or(i64::MAX),
        log: results.collect(),
    }
}

fn graph_driver(inspected: &Inspected) -> GraphDriver {
    let lower: Vec<String> = inspected.lower.iter().map(|path| path.display().to_string()).collect();
    let data = BTreeMap::from([
        ("LowerDir".to_owned(), lower.join(":")),
        ("UpperDir".to_owned(), inspected.upper.display().to_string()),
        ("WorkDir".to_owned(), inspected.work.display().to_string()),
    ]);
    GraphDriver { data: Some(data), name: "overlay2".to_owned() }
}
