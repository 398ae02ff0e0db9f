//! Everything about one container.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use corten_monitor::health::Report as HealthReport;

use super::launch_plan::protected_paths;
use super::record::Container;
use super::state::LogGap;
use super::{ConnectionView, Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// How long a monitor may take to name its sessions; without them everything else is still told.
const PATIENCE: Duration = Duration::from_secs(1);

/// A container with where its things are.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// The container.
    pub container: Container,
    /// Its log; empty when nothing is kept, or nothing for others to read.
    pub log_path: PathBuf,
    /// Its `hostname`, `hosts` and `resolv.conf` of this boot.
    pub run_directory: PathBuf,
    /// Its layers, topmost first.
    pub lower: Vec<PathBuf>,
    /// Its writable directory.
    pub upper: PathBuf,
    /// Overlay's scratch directory.
    pub work: PathBuf,
    /// Its health, where that is probed.
    pub health: Option<HealthReport>,
    /// Sessions whose process runs.
    pub exec_ids: Vec<String>,
    /// Containers that it links to, `/db:/web/db`.
    pub links: Vec<String>,
    /// Where it is on its network.
    pub connection: Option<ConnectionView>,
    /// Paths that it cannot see; `None` for one that is privileged.
    pub masked_paths: Option<Vec<String>>,
    /// Paths that it cannot change; `None` for one that is privileged.
    pub readonly_paths: Option<Vec<String>>,
}

impl Containers {
    /// Looks at one container.
    ///
    /// # Errors
    /// Not found, or an ambiguous prefix.
    pub async fn inspect(&self, reference: &str) -> Result<Inspected, EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || inner.inspect(&reference)).await
    }
}

impl Inner {
    fn inspect(&self, reference: &str) -> Result<Inspected, EngineError> {
        let mut container = self.find(reference)?;
        self.nudge(&container);
        let exec_ids = self.ask_monitor(&mut container);
        let directory = self.home.container(&container.id);
        let possible_cpus = crate::host::possible_cpus();
        let (masked_paths, readonly_paths) = protected_paths(&container.config.host, possible_cpus).unzip();
        // As in Docker: that of `local` is nobody's to read but the engine's.
        let shows_log = !matches!(container.config.host.log.driver.as_str(), "none" | "local" | "journald");
        Ok(Inspected {
            log_path: if shows_log { self.home.log(&container.id) } else { PathBuf::new() },
            run_directory: self.home.run_directory(&container.id),
            lower: self.layer_paths(&container)?,
            upper: directory.join("upper"),
            work: directory.join("work"),
            health: self.health_report(&container),
            exec_ids,
            links: self.shown_links(&container)?,
            connection: self.connection_view(&container)?,
            masked_paths,
            readonly_paths,
            container,
        })
    }

    /// The sessions that the monitor knows, and what it could not log so far; a monitor that is just ending knows none.
    fn ask_monitor(&self, container: &mut Container) -> Vec<String> {
        use corten_monitor::protocol::{Reply, Request};
        if !container.state.is_running() {
            return Vec::new();
        }
        let asked = self.connect(container, "inspect").and_then(|mut connection| {
            Ok(connection.request(Request::Status, &[], Instant::now() + PATIENCE)?)
        });
        match asked {
            Ok(Reply::Status { execs, log_gap, .. }) => {
                container.state.log_gap =
                    log_gap.map(|gap| LogGap { entries: gap.entries, bytes: gap.bytes, reason: gap.reason });
                execs.into_iter().map(|(id, _)| id).collect()
            }
            _ => Vec::new(),
        }
    }
}
