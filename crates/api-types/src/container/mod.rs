//! Containers: what creates them and what the API tells of them.

mod change;
mod commit;
mod config;
mod create;
mod exec;
mod health;
mod host_config;
mod inspect;
mod mount_point;
mod path_stat;
mod prune;
mod resources;
mod state;
mod stats;
mod summary;
mod top;
mod update;
mod wait;

pub use change::Change;
pub use commit::CommitResponse;
pub use config::{Config, Empty};
pub use create::{CreateRequest, CreateResponse};
pub use exec::{ExecCreateRequest, ExecCreateResponse, ExecInspect, ExecProcess, ExecStartRequest};
pub use health::{Health, HealthConfig, HealthResult};
pub use host_config::{HostConfig, LogConfig, RestartPolicy};
pub use inspect::{GraphDriver, InspectResponse};
pub use mount_point::MountPoint;
pub use path_stat::{PATH_STAT_HEADER, PathStat};
pub use prune::PruneReport;
pub use resources::{DeviceMapping, DeviceRequest, Resources, ThrottleDevice, Ulimit, WeightDevice};
pub use state::{LogGap, State};
pub use stats::{
    BlkioEntry, BlkioStats, CpuStats, CpuUsage, MemoryStats, NetworkStats, PidsStats, StatsResponse,
    ThrottlingData,
};
pub use summary::{PortSummary, Summary, SummaryHostConfig, SummaryNetworks};
pub use top::TopResponse;
pub use update::{UpdateRequest, UpdateResponse};
pub use wait::{WaitError, WaitResponse};
