//! Health probes and their results.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::{is_default, is_none_or_empty, null_default, one_or_many, one_or_many_schema};

/// How a container's health is probed; durations are in nanoseconds, 0 inherits the image's.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct HealthConfig {
    /// `["NONE"]`, `["CMD", arguments…]` or `["CMD-SHELL", command]`; Corten's own: `["HTTP", URL]`, `["TCP", "ADDRESS:PORT"]`,
    /// `["FILE", path]`. Empty inherits.
    #[serde(skip_serializing_if = "is_none_or_empty", deserialize_with = "one_or_many")]
    #[schemars(schema_with = "one_or_many_schema")]
    pub test: Option<Vec<String>>,
    /// Time between probes.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub interval: i64,
    /// Time after which a probe has failed.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub timeout: i64,
    /// Time in which failures do not count.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub start_period: i64,
    /// Time between probes while starting.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub start_interval: i64,
    /// Failures in a row that make it unhealthy.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub retries: i64,
}

/// A container's health.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Health {
    /// `starting`, `healthy` or `unhealthy`.
    pub status: String,
    /// Failures in a row.
    pub failing_streak: i64,
    /// The last results, oldest first.
    #[serde(deserialize_with = "null_default")]
    pub log: Vec<HealthResult>,
}

/// The outcome of one probe.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct HealthResult {
    /// When it began, RFC 3339.
    pub start: String,
    /// When it ended, RFC 3339.
    pub end: String,
    /// 0 healthy, 1 unhealthy, -1 timed out, else the probe could not run.
    pub exit_code: i64,
    /// The beginning of what it printed.
    pub output: String,
}
