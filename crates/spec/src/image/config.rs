//! The configuration of an image: what it was built for, how to run it, how its layers came to be.
//! How these defaults and a container's options merge is the engine's.

mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use self::words::{names_as_keys, words_or_text};
use crate::digest::Digest;
use crate::omit::{is_false, is_zero, null_as_default};
use crate::platform::Platform;
use crate::time::Timestamp;

/// OCI or Docker image configuration (OCI image-spec, `config.md`). The digest of its bytes is the image's id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// What it runs on; its fields stand among the others.
    #[serde(flatten)]
    pub platform: Platform,
    /// How to run it.
    #[serde(default, skip_serializing_if = "is_zero", deserialize_with = "null_as_default")]
    pub config: ContainerConfig,
    /// Its layers.
    #[serde(default)]
    pub rootfs: Rootfs,
    /// How its layers came to be, lowest first, with steps that made no layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub history: Vec<History>,
    /// Docker's: a remark of who committed it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Docker's: version of the engine that made it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docker_version: String,
    /// Docker's: the id of the image that it was made of on this machine. Elsewhere it says nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub parent: String,
}

/// Layers of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rootfs {
    /// `layers`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Digests of the unpacked layer tars, lowest first.
    #[serde(default, deserialize_with = "null_as_default")]
    pub diff_ids: Vec<Digest>,
}

impl Default for Rootfs {
    fn default() -> Self {
        Self { kind: "layers".to_owned(), diff_ids: Vec::new() }
    }
}

/// One step of an image's making.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// By which command.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub created_by: String,
    /// By whom.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// Remark.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Whether it made no layer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub empty_layer: bool,
}

/// How to run an image: the defaults of a container's options. The capitals are Docker's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerConfig {
    /// `user[:group]`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Ports that the program listens on: `80/tcp`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty", with = "names_as_keys")]
    pub exposed_ports: BTreeSet<String>,
    /// Environment as `NAME=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<String>,
    /// Program, or the words before the command's; none and empty differ for who inherits.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "words_or_text")]
    pub entrypoint: Option<Vec<String>>,
    /// Command, or arguments of the entrypoint.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "words_or_text")]
    pub cmd: Option<Vec<String>>,
    /// Paths that get a volume of their own.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty", with = "names_as_keys")]
    pub volumes: BTreeSet<String>,
    /// Working directory.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// Free data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// Signal that asks the program to end, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// Seconds that the program has to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_timeout: Option<i64>,
    /// Whether the command is one line already quoted; Windows only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub args_escaped: bool,
    /// Probe of the program's health.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,
    /// Shell of build steps in shell form.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "words_or_text")]
    pub shell: Option<Vec<String>>,
    /// Build steps for who builds on this.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub on_build: Vec<String>,
}

/// Probe of a container's health. Durations are nanoseconds; 0 means the default or what is inherited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Healthcheck {
    /// `["NONE"]`, `["CMD", …]`, `["CMD-SHELL", line]`, or an engine's own kind; empty inherits.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub test: Vec<String>,
    /// Time between two probes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub interval: i64,
    /// Time that a probe has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub timeout: i64,
    /// Time in which failures do not count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start_period: i64,
    /// Time between two probes during the start period.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start_interval: i64,
    /// Failures in a row that make it unhealthy.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: i64,
}
