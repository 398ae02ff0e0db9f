//! The keys that apply, with their types. Pure.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{logging, metrics};

/// What `daemon.json` and the flags say. Every key is documented in `docs/daemon.md`.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Document {
    /// Where everything that lasts is kept.
    pub data_root: Option<PathBuf>,
    /// Where everything of this boot is kept.
    pub exec_root: Option<PathBuf>,
    /// Where the daemon listens: `unix://PATH`, `tcp://HOST:PORT`, `fd://`.
    pub hosts: Vec<String>,
    /// Who may use the unix sockets beside root: the name or the number of a group.
    pub group: Option<String>,
    /// Whether TCP is encrypted; `Some(false)` allows it to be plain.
    pub tls: Option<bool>,
    /// Whether clients have to prove who they are.
    #[serde(rename = "tlsverify")]
    pub tls_verify: bool,
    /// Certificates of those who may vouch for clients.
    #[serde(rename = "tlscacert")]
    pub tls_ca_certificate: Option<PathBuf>,
    /// The daemon's certificate, with its chain.
    #[serde(rename = "tlscert")]
    pub tls_certificate: Option<PathBuf>,
    /// Its key.
    #[serde(rename = "tlskey")]
    pub tls_key: Option<PathBuf>,
    /// Where the daemon writes its process's number.
    pub pidfile: Option<PathBuf>,
    /// Whom to ask before Docker's own registry.
    pub registry_mirrors: Vec<String>,
    /// Hosts and networks that are believed without proof.
    pub insecure_registries: Vec<String>,
    /// Whom to ask before other registries, by their names.
    pub mirrors: BTreeMap<String, Vec<String>>,
    /// What images may take on the disk; empty for as much as there is.
    pub storage_budget: String,
    /// Options of the storage driver: `overlay2.size=10G`.
    pub storage_opts: Vec<String>,
    /// The log driver of containers that name none; empty for `json-file`.
    pub log_driver: String,
    /// Options of logs of that driver.
    pub log_opts: BTreeMap<String, String>,
    /// Whether the log has every request; `None`: as it was.
    pub debug: Option<bool>,
    /// From which level on something is logged; empty for `info`.
    pub log_level: String,
    /// `text` or `json`; empty for `text`.
    pub log_format: String,
    /// Where metrics are served: `ADDRESS:PORT`; empty for nowhere.
    pub metrics_addr: String,
    pub(crate) live_restore: Option<bool>,
}

impl Document {
    /// The keys that there are; the error is a line for the user.
    pub(super) fn keys() -> Result<Map<String, Value>, String> {
        serde_json::to_value(Self::default())
            .and_then(serde_json::from_value)
            .map_err(|error| error.to_string())
    }

    /// Reads keys that have been checked to be known; the error is a line for the user.
    pub(super) fn read(keys: Map<String, Value>) -> Result<Self, String> {
        let document: Self =
            serde_json::from_value(Value::Object(keys)).map_err(|error| error.to_string())?;
        if logging::level(&document.log_level).is_none() {
            return Err(format!("invalid logging level: {}", document.log_level));
        }
        if logging::format(&document.log_format).is_none() {
            return Err(format!("invalid log format: {}", document.log_format));
        }
        metrics::address(&document.metrics_addr)?;
        super::settings::container_size(&document)?;
        if document.live_restore == Some(false) {
            return Err("`live-restore` can only be true here: containers outlive the daemon".to_owned());
        }
        Ok(document)
    }
}
