//! What is kept of a start once the container runs.
//!
//! The OCI configuration is not: it is by far the largest part, and only the start needs it.

use corten_spec::runtime::{Namespace, NamespaceKind};
use corten_spec::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::protocol::{LogPlan, Paths, Start};

/// What a monitor knows about its container for as long as that runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) paths: Paths,
    pub(crate) log: LogPlan,
    pub(crate) cgroup_path: String,
    /// Whether processes of the container can outlive its init, because it has no pid namespace to itself.
    pub(crate) shares_pids: bool,
    pub(crate) started_at: Timestamp,
}

impl Plan {
    /// Takes the small parts out of a start.
    pub(crate) fn new(start: Start, started_at: Timestamp) -> Self {
        let own = |namespace: &Namespace| namespace.kind == NamespaceKind::Pid && namespace.path.is_empty();
        let linux = start.launch.spec.linux.as_ref();
        Self {
            shares_pids: !linux.is_some_and(|linux| linux.namespaces.iter().any(own)),
            paths: start.paths,
            log: start.log,
            cgroup_path: start.launch.cgroup_path,
            started_at,
        }
    }
}
