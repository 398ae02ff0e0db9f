//! What an engine asks of the configuration.
//!
//! Where it stands and how it is written is the caller's business.

use std::collections::BTreeMap;
use std::fmt::Debug;

use corten_registry_client::Configuration;

/// The configuration, read when something of it is needed. Errors are lines for the user.
pub trait Settings: Debug + Send + Sync {
    /// How registries are spoken to.
    ///
    /// # Errors
    /// What is wrong with it.
    fn registries(&self) -> Result<Configuration, String>;

    /// The bytes that images may take on the disk; `None` = as many as there are.
    ///
    /// # Errors
    /// What is wrong with it.
    fn storage_budget(&self) -> Result<Option<u64>, String>;

    /// What a container gets that does not say.
    ///
    /// # Errors
    /// What is wrong with it.
    fn container_defaults(&self) -> Result<ContainerDefaults, String>;
}

/// What a container gets that does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerDefaults {
    /// The bytes that it may write; `None` = as many as there are.
    pub size: Option<u64>,
    /// Its log driver; empty for `json-file`.
    pub log_driver: String,
    /// Options of a log of that driver.
    pub log_options: BTreeMap<String, String>,
}
