//! Namespaces of a container and the id mappings of user namespaces.
//! How they are made and joined is the runtime's.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A namespace to make, or with a path to join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespace {
    /// Which one.
    #[serde(rename = "type")]
    pub kind: NamespaceKind,
    /// Absolute path of a namespace file to join; empty means a new namespace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
}

impl Namespace {
    /// A new namespace of that kind.
    pub fn new(kind: NamespaceKind) -> Self {
        Self { kind, path: String::new() }
    }
}

/// The kinds of `namespaces(7)`, named as in `config-linux.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // The names say it.
pub enum NamespaceKind {
    Pid,
    Network,
    Mount,
    Ipc,
    Uts,
    User,
    Cgroup,
    Time,
}

impl NamespaceKind {
    /// Every kind.
    pub const ALL: [Self; 8] =
        [Self::Pid, Self::Network, Self::Mount, Self::Ipc, Self::Uts, Self::User, Self::Cgroup, Self::Time];

    /// The word of the document: `network`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pid => "pid",
            Self::Network => "network",
            Self::Mount => "mount",
            Self::Ipc => "ipc",
            Self::Uts => "uts",
            Self::User => "user",
            Self::Cgroup => "cgroup",
            Self::Time => "time",
        }
    }

    /// The file below `/proc/PID/ns`: `net`.
    pub fn proc_name(self) -> &'static str {
        match self {
            Self::Network => "net",
            Self::Mount => "mnt",
            other => other.as_str(),
        }
    }
}

impl fmt::Display for NamespaceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A range of ids inside and the range outside that it stands for (`user_namespaces(7)`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdMapping {
    /// First id inside.
    #[serde(rename = "containerID")]
    pub container_id: u32,
    /// First id outside.
    #[serde(rename = "hostID")]
    pub host_id: u32,
    /// How many ids.
    pub size: u32,
}

/// As Podman's `--uidmap` has it: `0:100000:65536`.
impl fmt::Display for IdMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.container_id, self.host_id, self.size)
    }
}
