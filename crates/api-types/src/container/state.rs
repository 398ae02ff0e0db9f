//! A container's state as inspect shows it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Health;

/// State, with times in RFC 3339 (`0001-01-01T00:00:00Z` for never).
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerState")]
pub struct State {
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
    pub status: String,
    /// It runs (also while paused).
    pub running: bool,
    /// It is frozen.
    pub paused: bool,
    /// It waits to be started again.
    pub restarting: bool,
    /// Its last run met the out-of-memory killer.
    #[serde(rename = "OOMKilled")]
    pub oom_killed: bool,
    /// It could not be removed wholly.
    pub dead: bool,
    /// Its first process on the host, 0 when not running.
    pub pid: i64,
    /// Exit code of the last run.
    pub exit_code: i64,
    /// Why the last start failed.
    pub error: String,
    /// When the last run began.
    pub started_at: String,
    /// When the last run ended.
    pub finished_at: String,
    /// Health, if it is probed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Output of the last run that is not in its log, if there is any: ours, not Docker's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_gap: Option<LogGap>,
}

/// Output that was not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct LogGap {
    /// How many lines, or parts of lines longer than 16 KiB, were lost.
    pub dropped_entries: u64,
    /// What they held, in bytes.
    pub dropped_bytes: u64,
    /// Why.
    pub reason: String,
}
