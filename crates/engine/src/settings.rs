//! What an engine asks of the configuration.
//!
//! Where it stands and how it is written is the caller's business.

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

    /// The bytes that a container may write that says nothing of it; `None` = as many as there are.
    ///
    /// # Errors
    /// What is wrong with it.
    fn container_size(&self) -> Result<Option<u64>, String>;
}
