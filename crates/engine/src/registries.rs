//! The client of registries, made when the first is spoken to: reading the host's certificates takes longer than a start.

use std::sync::{Arc, OnceLock};

use corten_images::{Cause, Origins};
use corten_registry_client::{Client, Configuration, Keychain, Repository};
use corten_spec::reference::Reference;
use tokio::runtime::Handle;

use crate::containers::Inner;
use crate::error::EngineError;

/// How registries are spoken to, read when it is needed; the error is a line for the user.
pub type RegistrySettings = fn() -> Result<Configuration, String>;

/// The client of one engine.
#[derive(Debug)]
pub(crate) struct Registries {
    settings: RegistrySettings,
    client: OnceLock<Client>,
}

impl Registries {
    pub(crate) fn new(settings: RegistrySettings) -> Self {
        Self { settings, client: OnceLock::new() }
    }

    /// The client.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub(crate) fn client(&self) -> Result<&Client, EngineError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let configuration = (self.settings)().map_err(EngineError::Invalid)?;
        let client = Client::new(configuration).map_err(EngineError::registry)?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// The way to the registries that blobs came from, with the credentials of whoever asks.
pub(crate) struct ByRegistries {
    inner: Arc<Inner>,
    handle: Handle,
    keychain: Keychain,
}

impl ByRegistries {
    /// Has to be made where a runtime is.
    pub(crate) fn new(inner: Arc<Inner>, keychain: Keychain) -> Self {
        Self { inner, handle: Handle::current(), keychain }
    }
}

impl Origins for ByRegistries {
    fn repository(&self, name: &Reference) -> Result<Repository, Cause> {
        Ok(self.inner.registries.client()?.repository(name, &self.keychain)?)
    }

    fn handle(&self) -> &Handle {
        &self.handle
    }
}
