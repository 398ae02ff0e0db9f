//! `GET /images/{name}/json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::container::{Empty, GraphDriver, HealthConfig};
use crate::null::{is_default, is_none_or_empty, null_default};

/// Everything about one image.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ImageInspect")]
pub struct InspectResponse {
    /// `sha256:…`.
    pub id: String,
    /// `name:tag`, `[]` without any.
    #[serde(deserialize_with = "null_default")]
    pub repo_tags: Vec<String>,
    /// `name@sha256:…`, `[]` without any.
    #[serde(deserialize_with = "null_default")]
    pub repo_digests: Vec<String>,
    /// The image that it was built from here, else empty.
    pub parent: String,
    /// Comment of its last step.
    pub comment: String,
    /// RFC 3339; left out when not known.
    #[serde(skip_serializing_if = "is_default")]
    pub created: String,
    /// The Docker that built it.
    pub docker_version: String,
    /// Its author.
    pub author: String,
    /// What containers inherit.
    pub config: Option<ImageConfig>,
    /// `amd64`, `arm64` …
    pub architecture: String,
    /// `v7`, `v8` …
    #[serde(skip_serializing_if = "is_default")]
    pub variant: String,
    /// `linux`.
    pub os: String,
    /// Windows only.
    #[serde(skip_serializing_if = "is_default")]
    pub os_version: String,
    /// Bytes in all.
    pub size: i64,
    /// The same, before API 1.44.
    #[serde(skip_serializing_if = "is_default")]
    pub virtual_size: i64,
    /// The storage driver's data.
    pub graph_driver: GraphDriver,
    /// Its layers.
    #[serde(rename = "RootFS")]
    pub root_fs: RootFs,
    /// What is known only here.
    pub metadata: Metadata,
    /// The tagged object's descriptor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<serde_json::Value>,
    /// Its manifests, only when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifests: Option<Vec<serde_json::Value>>,
}

/// The layers of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RootFs {
    /// `layers`.
    #[serde(rename = "Type", skip_serializing_if = "is_default")]
    pub kind: String,
    /// Digests of the layers' tars, lowest first.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub layers: Option<Vec<String>>,
}

/// What is known of an image only on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ImageMetadata")]
pub struct Metadata {
    /// When it was last tagged, RFC 3339.
    pub last_tag_time: String,
}

/// What containers inherit from an image, in the order of the fields' names, as Docker writes it.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImageConfig {
    /// Windows only.
    #[serde(skip_serializing_if = "is_default")]
    pub args_escaped: bool,
    /// Arguments, or the command when there is no entrypoint.
    pub cmd: Option<Vec<String>>,
    /// The command before `cmd`.
    pub entrypoint: Option<Vec<String>>,
    /// `NAME=value`.
    pub env: Option<Vec<String>>,
    /// Ports that its containers listen on.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub exposed_ports: Option<BTreeMap<String, Empty>>,
    /// How health is probed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<HealthConfig>,
    /// Labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Dockerfile lines for images built from this one.
    pub on_build: Option<Vec<String>>,
    /// The shell of shell-form instructions.
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub shell: Option<Vec<String>>,
    /// Signal that asks its containers to stop.
    #[serde(skip_serializing_if = "is_default")]
    pub stop_signal: String,
    /// `user[:group]`.
    #[serde(deserialize_with = "null_default")]
    pub user: String,
    /// Paths that become anonymous volumes.
    pub volumes: Option<BTreeMap<String, Empty>>,
    /// Working directory.
    #[serde(deserialize_with = "null_default")]
    pub working_dir: String,
    /// Before API 1.50; their fields stand among the others.
    #[serde(flatten, skip_deserializing)]
    pub legacy: Option<LegacyImageConfig>,
}

/// What only a container has and was shown of images, too, always empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_excessive_bools, reason = "the shape is Docker's")]
pub struct LegacyImageConfig {
    attach_stderr: bool,
    attach_stdin: bool,
    attach_stdout: bool,
    domainname: String,
    hostname: String,
    image: String,
    open_stdin: bool,
    stdin_once: bool,
    tty: bool,
}
