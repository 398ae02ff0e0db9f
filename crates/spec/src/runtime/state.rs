//! The state of a container as the runtime specification reports it.
//! How a container is seen to be in one is the runtime's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Name of the descriptor that goes with a [`ContainerProcessState`] to a seccomp listener.
pub const SECCOMP_FD_NAME: &str = "seccompFd";

/// State of a container (`runtime.md`, state): what `state` prints and hooks read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Version of the specification that the state complies with.
    pub oci_version: String,
    /// Id of the container.
    pub id: String,
    /// Where in its life it is.
    pub status: Status,
    /// Process id of the container's init as the host sees it; none before creation and after the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Absolute path of the bundle.
    pub bundle: String,
    /// Annotations of the bundle's `config.json`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// Where in its life a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Being made.
    Creating,
    /// Made; the program has not been executed.
    Created,
    /// The program was executed and has not ended.
    Running,
    /// Running, and frozen: runc's addition, which callers expect.
    Paused,
    /// The program has ended.
    Stopped,
}

/// What a seccomp listener receives with the notification descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerProcessState {
    /// Version of the specification.
    pub oci_version: String,
    /// Names of the descriptors sent along, in order.
    pub fds: Vec<String>,
    /// Process id of the process under the filter, as the runtime sees it.
    pub pid: u32,
    /// The filter's listener metadata.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub metadata: String,
    /// State of the container.
    pub state: State,
}
