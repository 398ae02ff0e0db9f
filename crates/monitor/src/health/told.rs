//! What a monitor and its prober tell each other: one JSON document per packet.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::plan::HealthPlan;
use super::report::ProbeResult;
use crate::protocol::Foreign;

/// What a prober is started with: a document beside the first packet.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) plan: HealthPlan,
    pub(super) cgroup_path: String,
    pub(super) monitor_cgroup: String,
    pub(super) foreign: Option<Foreign>,
}

/// The word that the order comes with.
pub(super) const ORDER: &[u8] = b"probe";

/// What a prober is told. The end of the channel ends it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Told {
    /// The container runs. Descriptor: its init, as a pidfd.
    Go {
        /// The init, as the host numbers it.
        pid: u32,
    },
    /// No probes for now; one that runs is given up.
    Suspend,
    /// Probes again.
    Resume,
}

/// What a prober tells. Whatever of it is there has just happened, in this order.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct News {
    /// A process was asked for.
    pub(super) begun: Option<Begun>,
    /// The process of a probe has ended: its session, and how.
    pub(super) ended: Option<(String, i32)>,
    /// What the probe came to, and how long after the container's start it began.
    pub(super) result: Option<(ProbeResult, Duration)>,
}

/// A session in the container.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    /// Its id.
    pub(super) exec: String,
    /// Its command line, as events have it.
    pub(super) command: String,
    /// Whether it runs; else it could not be started.
    pub(super) runs: bool,
}
