//! How a container's health is probed, and what its failing leads to: plain data from an engine, without defaults left open.

use std::net::SocketAddr;

use corten_runtime::launch::ExecLaunch;
use serde::{Deserialize, Serialize};

/// Everything about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HealthPlan {
    /// What is tried.
    pub probe: Probe,
    /// Nanoseconds from the end of a probe to the next.
    pub interval: u64,
    /// Nanoseconds after which a probe that runs has failed.
    pub timeout: u64,
    /// Nanoseconds from the start in which failures do not count.
    pub start_period: u64,
    /// Nanoseconds between probes during that time, until one succeeds.
    pub start_interval: u64,
    /// Failures in a row that make the container unhealthy; at least one.
    pub retries: u64,
    /// What happens when it becomes so.
    pub on_failure: OnFailure,
}

/// What is tried.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Probe {
    /// A process in the container: healthy where it exits with 0. The session's id is each probe's own.
    Command(Box<ExecLaunch>),
    /// A request over HTTP: healthy where the status is from 200 to 399. Redirects are not followed.
    Http {
        /// Where the server may be, in the order of being tried; in the container's network.
        addresses: Vec<SocketAddr>,
        /// The server as the URL names it: what `Host` says.
        authority: String,
        /// Path and query, as they stand in the first line of the request.
        target: String,
    },
    /// A connection: healthy where somebody takes it.
    Tcp {
        /// Where somebody may listen, in the order of being tried; in the container's network.
        addresses: Vec<SocketAddr>,
    },
    /// A path in the container: healthy where there is something.
    File {
        /// Absolute; links are followed, and none leads out of the container's root.
        path: String,
    },
}

/// What becomes of an unhealthy container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnFailure {
    /// Nothing.
    None,
    /// SIGKILL.
    Kill,
    /// What a stop does.
    Stop {
        /// The kernel's number.
        signal: i32,
        /// Milliseconds before SIGKILL; `None` waits for ever.
        grace_ms: Option<u64>,
    },
}
