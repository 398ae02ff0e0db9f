//! `config.json` of a bundle: the whole document.
//! It is not validated against a host here; whoever runs it does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Hooks, Linux, Mount, Process, Root};

/// The version of the runtime specification that documents made here claim.
pub const OCI_VERSION: &str = "1.2.1";

/// `config.json`: how a container is made and what it runs (OCI runtime-spec, `config.md`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// Version of the specification, in the form of SemVer 2.0.
    pub oci_version: String,
    /// The process to run; needed by `start`, not by `create`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// The root file system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Root>,
    /// Host name seen inside; empty keeps that of the UTS namespace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hostname: String,
    /// NIS domain name seen inside; empty keeps that of the UTS namespace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub domainname: String,
    /// Mounts on top of the root, in the order in which they are made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<Mount>,
    /// Programs to run at points of the container's life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hooks: Option<Hooks>,
    /// Free data for whoever made the document.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// What only Linux has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linux: Option<Linux>,
}
