//! Containers: one file per thing that can be done with them.

mod attach;
mod changes;
mod commit;
pub mod config;
mod create;
mod device_requests;
mod export;
mod files;
pub(crate) mod foreign;
mod frozen;
mod health;
mod inspect;
mod kill;
mod launch_plan;
mod links;
mod list;
mod log_plan;
mod logs;
mod merge;
mod network;
mod observe;
mod overseer;
mod pause;
mod port_filter;
mod prepare;
mod prune;
mod record;
mod recruits;
mod remove;
mod rename;
mod reserve;
pub(crate) mod restart;
mod sample;
mod size;
mod start;
mod state;
mod stop;
mod storage_limit;
mod streams_config;
mod supervise;
mod top;
mod update;
mod user_namespace;
mod volume_points;
mod wait;
mod watch;
mod why;

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use corten_cgroups::Layout;
use corten_images::Images;
use corten_journal::Headroom;
use corten_monitor::client::Recruit;
use corten_monitor::protocol::Attach;
use corten_spec::id::ContainerId;
use corten_state::Store;

pub(crate) use attach::stream_pair;
pub use attach::{AttachRequest, Attachable, Attached};
pub use commit::CommitRequest;
pub use corten_layer_tar::{Change, ChangeKind};
pub use corten_monitor::health::{ProbeResult, Report as HealthReport, Status as HealthStatus};
pub use create::{CreateRequest, Created};
pub use export::Export;
pub use files::{ExtractRequest, PathStat};
pub use inspect::Inspected;
pub(crate) use kill::{answer_deadline, require_running};
pub(crate) use launch_plan::{SecurityModules, check_tmpfs_option, overlay_environment};
pub use list::{ListFilter, ListQuery};
pub use logs::{LogQuery, LogStream};
pub(crate) use network::segment_gateways;
pub use network::{ConnectionView, PublishedPort};
pub(crate) use network::{SANDBOXES_AHEAD, Spare};
pub(crate) use observe::ran_in_this_boot;
pub(crate) use overseer::{asking, unexpected};
pub(crate) use prepare::exec_process;
pub use prune::ContainersPruned;
pub use record::Container;
pub(crate) use recruits::RECRUITS_AHEAD;
pub use remove::RemoveOptions;
pub(crate) use reserve::Reservation;
pub(crate) use sample::SAMPLERS;
pub use sample::{InterfaceUsage, Sample, Traffic, Usage};
pub use size::ContainerSize;
pub use start::StartOutcome;
pub use state::{InitProcess, LogGap, RunState, Status};
pub use stop::StopRequest;
pub use top::ProcessTable;
pub(crate) use top::{host_users, user_name};
pub use user_namespace::IdRanges;
pub use wait::{WaitCondition, WaitResult, Waiter};
pub use why::{Question, Why};

use crate::ahead::Ahead;
use crate::embedded::EmbeddedImages;
use crate::error::EngineError;
use crate::events::EventHub;
use crate::home::Home;

/// How long the kernel may take to let go of a cgroup whose processes have ended.
pub(crate) const CGROUP_PATIENCE: Duration = Duration::from_secs(5);

/// The service. Cheap to clone; every clone is the same service.
#[derive(Debug, Clone)]
pub struct Containers {
    pub(crate) inner: Arc<Inner>,
}

/// What the service works with.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) home: Home,
    pub(crate) headroom: Headroom,
    pub(crate) store: Store,
    pub(crate) images: Images,
    pub(crate) embedded: EmbeddedImages,
    pub(crate) events: EventHub,
    pub(crate) cgroups: Layout,
    /// What a monitor runs to remove a `--rm` container that nobody waits for: the engine's own command line.
    pub(crate) reaper: Option<crate::options::ReaperCommand>,
    pub(crate) registries: crate::registries::Registries,
    pub(crate) budget: crate::budget::Budget,
    /// Whose turn it is to read what a container uses.
    pub(crate) samplers: tokio::sync::Semaphore,
    /// Clients that attached to a container before its start. They are this process's own: a start by another engine does not
    /// see them, and they end with this process.
    pub(crate) early_clients: Mutex<HashMap<ContainerId, Vec<(Attach, OwnedFd)>>>,
    pub(crate) sandboxes_ahead: Ahead<Spare>,
    pub(crate) recruits_ahead: Ahead<Recruit>,
}

impl Inner {
    /// Finds a container by id, name or unique prefix, and looks at what became of it.
    pub(crate) fn find(&self, reference: &str) -> Result<Container, EngineError> {
        let row = self.store.read(|tx| tx.resolve_container(reference))?;
        let mut container = Container::from_row(row)?;
        self.observe(&mut container)?;
        self.thaw_abandoned(&mut container)?;
        Ok(container)
    }

    /// Looks again at a container that was found before.
    ///
    /// # Errors
    /// Not found when it was removed in between.
    pub(crate) fn find_again(&self, id: &ContainerId) -> Result<Container, EngineError> {
        let id = id.to_string();
        let row = self.store.read(|tx| tx.container(&id))?;
        let row = row.ok_or_else(|| EngineError::NotFound(format!("No such container: {id}")))?;
        let mut container = Container::from_row(row)?;
        self.observe(&mut container)?;
        Ok(container)
    }
}
