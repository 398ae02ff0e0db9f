//! Figures of requests to the engine, counted when they are answered.

use corten_api_server::Answered;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The limits of Prometheus's own clients, in seconds.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What dockerd calls actions, by the operations that do them.
const ACTIONS: [(&str, &str); 5] = [
    ("ContainerChanges", "changes"),
    ("ImageCommit", "commit"),
    ("ContainerCreate", "create"),
    ("ContainerDelete", "delete"),
    ("ContainerStart", "start"),
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    operation: &'static str,
    /// 0: the connection became a stream without an answer of HTTP's, or its client left.
    code: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Action {
    action: &'static str,
}

/// Requests that were answered.
#[derive(Debug)]
pub(crate) struct Requests {
    answered: Family<Asked, Counter>,
    actions: Family<Action, Histogram>,
}

impl Default for Requests {
    fn default() -> Self {
        let actions = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        for (_, action) in ACTIONS {
            // What never happened is told as well.
            drop(actions.get_or_create(&Action { action }));
        }
        Self { answered: Family::default(), actions }
    }
}

impl Requests {
    /// Counts one.
    pub(crate) fn count(&self, answered: &Answered<'_>) {
        let operation = if answered.operation.is_empty() { "unknown" } else { answered.operation };
        let code = answered.status.map_or(0, |status| status.as_u16());
        self.answered.get_or_create(&Asked { operation, code }).inc();
        let action = ACTIONS.iter().find(|(known, _)| *known == operation);
        if let Some((_, action)) = action.filter(|_| answered.error.is_none()) {
            self.actions.get_or_create(&Action { action }).observe(answered.took.as_secs_f64());
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "engine_daemon_container_actions",
            "The number of seconds it takes to process each container action",
            Unit::Seconds,
            self.actions.clone(),
        );
        registry.register(
            "corten_api_requests",
            "Requests to the engine that were answered, by operation and status",
            self.answered.clone(),
        );
    }
}
