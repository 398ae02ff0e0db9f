//! Listing containers, with Docker's filters.

use std::collections::BTreeMap;

use corten_spec::label;

use super::config::MountKind;
use super::launch_plan::binds;
use super::port_filter::PortFilter;
use super::record::Container;
use super::{Containers, Inner};
use crate::error::EngineError;
use crate::pattern;
use crate::task::blocking;

/// Filters by name; values of one name are alternatives (of `label`: all must match), names must all match.
pub type ListFilter = BTreeMap<String, Vec<String>>;

/// What is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Also those that do not run.
    pub all: bool,
    /// At most so many, the newest; 0 = no limit. Implies `all`.
    pub limit: usize,
    /// Which.
    pub filters: ListFilter,
}

const KNOWN: [&str; 15] = [
    "ancestor",
    "before",
    "exited",
    "expose",
    "health",
    "id",
    "is-task",
    "isolation",
    "label",
    "name",
    "network",
    "publish",
    "since",
    "status",
    "volume",
];

/// What `health` may ask for.
const HEALTH: [&str; 4] = ["none", "starting", "healthy", "unhealthy"];

/// The statuses that `status` may ask for.
const STATUSES: [&str; 7] = ["created", "dead", "exited", "paused", "removing", "restarting", "running"];

impl Containers {
    /// The containers that match, newest first.
    ///
    /// # Errors
    /// An unknown filter or a filter's value that makes no sense; the database.
    pub async fn list(&self, query: ListQuery) -> Result<Vec<Container>, EngineError> {
        let inner = self.inner.clone();
        blocking(move || inner.list(&query)).await
    }
}

impl Inner {
    fn list(&self, query: &ListQuery) -> Result<Vec<Container>, EngineError> {
        check(&query.filters)?;
        let bounds = self.bounds(&query.filters)?;
        let ancestors = self.ancestors(&query.filters);
        let ports = PortFilter::read(&query.filters)?;
        let mut listed = self.everything()?;
        listed.iter().for_each(|container| self.nudge(container));
        listed.retain(|container| {
            bounds.holds(container)
                && (query.shows(container))
                && matches(container, &query.filters, &ancestors)
        });
        if !ports.is_empty() {
            let connections = self.connection_views(&listed)?;
            let mut connections = connections.iter();
            listed.retain(|container| ports.takes(container, connections.next().and_then(Option::as_ref)));
        }
        listed.sort_by_key(|container| std::cmp::Reverse(container.created_at));
        if query.limit > 0 {
            listed.truncate(query.limit);
        }
        Ok(listed)
    }

    /// Every container, looked at; one whose record is damaged does not hide the others, one that cannot be looked at is as it
    /// was last seen: `system check` names both.
    pub(crate) fn everything(&self) -> Result<Vec<Container>, EngineError> {
        let rows = self.store.read(|tx| tx.containers())?;
        let mut containers = Vec::with_capacity(rows.len());
        for row in rows {
            let Ok(mut container) = Container::from_row(row) else { continue };
            let _ = self.observe(&mut container);
            let _ = self.thaw_abandoned(&mut container);
            containers.push(container);
        }
        Ok(containers)
    }

    /// `before` and `since` name containers.
    fn bounds(&self, filters: &ListFilter) -> Result<Bounds, EngineError> {
        let created = |name: &str| -> Result<Option<_>, EngineError> {
            let Some(reference) = filters.get(name).and_then(|values| values.first()) else {
                return Ok(None);
            };
            Ok(Some(self.find(reference)?.created_at))
        };
        Ok(Bounds { before: created("before")?, since: created("since")? })
    }

    /// The ids of the images that `ancestor` names; what names no image matches by name alone.
    fn ancestors(&self, filters: &ListFilter) -> Vec<String> {
        let named = filters.get("ancestor").into_iter().flatten();
        named
            .filter_map(|name| self.images.resolve(name, None).ok())
            .map(|image| image.id.to_string())
            .collect()
    }
}

struct Bounds {
    before: Option<corten_spec::time::Timestamp>,
    since: Option<corten_spec::time::Timestamp>,
}

impl Bounds {
    fn holds(&self, container: &Container) -> bool {
        self.before.is_none_or(|before| container.created_at < before)
            && self.since.is_none_or(|since| container.created_at > since)
    }
}

impl ListQuery {
    /// A question for a status or an exit code is a question for all.
    fn shows(&self, container: &Container) -> bool {
        let asks = self.filters.contains_key("status") || self.filters.contains_key("exited");
        self.all || self.limit > 0 || asks || container.is_up()
    }
}

fn check(filters: &ListFilter) -> Result<(), EngineError> {
    if let Some(name) = filters.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(EngineError::Invalid(format!("invalid filter '{name}'")));
    }
    for status in filters.get("status").into_iter().flatten() {
        if !STATUSES.contains(&status.as_str()) {
            return Err(EngineError::Invalid(format!(
                "invalid filter 'status={status}': must be one of {}",
                STATUSES.join(", ")
            )));
        }
    }
    for health in filters.get("health").into_iter().flatten() {
        if !HEALTH.contains(&health.as_str()) {
            return Err(EngineError::Invalid(format!(
                "invalid filter 'health={health}': invalid value for health ({health}): must be one of {}",
                HEALTH.join(", ")
            )));
        }
    }
    for code in filters.get("exited").into_iter().flatten() {
        code.parse::<i32>().map_err(|_| EngineError::Invalid(format!("invalid filter 'exited={code}'")))?;
    }
    Ok(())
}

fn matches(container: &Container, filters: &ListFilter, ancestors: &[String]) -> bool {
    filters.iter().all(|(name, values)| match name.as_str() {
        "label" => values.iter().all(|value| label::has(&container.config.labels, value)),
        "before" | "since" | "expose" | "publish" => true,
        name => values.iter().any(|value| matches_one(container, name, value, ancestors)),
    })
}

fn matches_one(container: &Container, name: &str, value: &str, ancestors: &[String]) -> bool {
    match name {
        "id" => container.id.as_str().starts_with(value),
        "name" => {
            pattern::matches(value, &container.name)
                || pattern::matches(value, &format!("/{}", container.name))
        }
        "status" => container.word() == value,
        "exited" => {
            container.state.status == super::state::Status::Exited
                && !container.is_restarting()
                && value.parse().is_ok_and(|code: i32| code == container.state.exit_code)
        }
        "ancestor" => container.config.image == value || ancestors.contains(&container.image_id),
        "network" => container.network() == value,
        "is-task" => value == "false",
        "health" => container.health_word() == value,
        // There is one kind on this system.
        "isolation" => value.is_empty() || value == "default",
        "volume" => container.mounts_at().any(|(source, target)| source == value || target == value),
        _ => false,
    }
}

impl Container {
    /// What the user has mounted in it: the volume's name or the path on the host, and the path inside.
    fn mounts_at(&self) -> impl Iterator<Item = (String, String)> {
        let host = &self.config.host;
        let points = host.volume_points.iter().map(|point| (point.name.clone(), point.target.clone()));
        let flags = binds(host).filter_map(Result::ok).map(|bind| (bind.source, bind.target));
        let mounts = host.mounts.iter().chain(&host.inherited).filter_map(|mount| match &mount.kind {
            MountKind::Bind { source, .. } => Some((source.clone(), mount.target.clone())),
            MountKind::Tmpfs { .. } => Some((String::new(), mount.target.clone())),
            MountKind::Volume(_) => None,
        });
        points.chain(flags).chain(mounts)
    }

    /// The network it is on: `bridge`, `none`, `host` or `container:ID`.
    #[must_use]
    pub fn network(&self) -> &str {
        match self.config.host.network_mode.as_str() {
            "" | "default" => "bridge",
            mode => mode,
        }
    }
}
