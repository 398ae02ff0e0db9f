//! The portable half of a container's configuration: what an image may also carry.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HealthConfig;
use crate::null::{is_default, is_none_or_empty, null_default, one_or_many, one_or_many_schema};

/// `{}`: the value of a JSON map that is used as a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Empty {}

/// A container's configuration, as it is asked for and as it is shown.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerConfig")]
pub struct Config {
    /// Host name; empty for the first 12 digits of the id.
    #[serde(deserialize_with = "null_default")]
    pub hostname: String,
    /// Domain name.
    #[serde(deserialize_with = "null_default")]
    pub domainname: String,
    /// `user[:group]`, names or numbers; empty for the image's.
    #[serde(deserialize_with = "null_default")]
    pub user: String,
    /// Attach stdin when the container is started in the foreground.
    #[serde(deserialize_with = "null_default")]
    pub attach_stdin: bool,
    /// Attach stdout likewise.
    #[serde(deserialize_with = "null_default")]
    pub attach_stdout: bool,
    /// Attach stderr likewise.
    #[serde(deserialize_with = "null_default")]
    pub attach_stderr: bool,
    /// Ports that the container listens on, `80/tcp`.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub exposed_ports: Option<BTreeMap<String, Empty>>,
    /// The process gets a pseudo-terminal.
    #[serde(deserialize_with = "null_default")]
    pub tty: bool,
    /// Stdin is kept open.
    #[serde(deserialize_with = "null_default")]
    pub open_stdin: bool,
    /// Stdin is closed when the first attached client goes away.
    #[serde(deserialize_with = "null_default")]
    pub stdin_once: bool,
    /// `NAME=value`; in a request a bare `NAME` removes the image's variable.
    pub env: Option<Vec<String>>,
    /// Arguments, or the command when there is no entrypoint.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(schema_with = "one_or_many_schema")]
    pub cmd: Option<Vec<String>>,
    /// How its health is probed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<HealthConfig>,
    /// What happens when it becomes unhealthy: `none`, `kill`, `restart` or `stop`. Podman's; Docker's clients neither send nor miss it.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub healthcheck_on_failure_action: String,
    /// Windows only.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub args_escaped: bool,
    /// The image as it was named.
    #[serde(deserialize_with = "null_default")]
    pub image: String,
    /// Paths that become anonymous volumes.
    pub volumes: Option<BTreeMap<String, Empty>>,
    /// Working directory; empty for the image's, then `/`.
    #[serde(deserialize_with = "null_default")]
    pub working_dir: String,
    /// The command before `cmd`; `[""]` in a request clears the image's.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(schema_with = "one_or_many_schema")]
    pub entrypoint: Option<Vec<String>>,
    /// No network at all.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub network_disabled: bool,
    /// Hardware address; since API 1.44 in the endpoint's settings.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub mac_address: String,
    /// Dockerfile lines for images built from this one.
    pub on_build: Option<Vec<String>>,
    /// Labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Signal that asks the process to stop; empty for the image's, then SIGTERM.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub stop_signal: String,
    /// Seconds between that signal and SIGKILL; absent for 10, -1 for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_timeout: Option<i64>,
    /// The shell of shell-form instructions.
    #[serde(skip_serializing_if = "is_none_or_empty", deserialize_with = "one_or_many")]
    #[schemars(schema_with = "one_or_many_schema")]
    pub shell: Option<Vec<String>>,
}
