//! The client of registries, made when the first is spoken to: reading the host's certificates takes longer than a start.

use std::sync::{Arc, OnceLock};

use corten_error::Classified as _;
use corten_images::{Cause, Origins};
use corten_registry_client::{Client, Configuration, Error, Failure, Host, Keychain, Repository};
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

    /// A client that believes the host of `domain` without proof, whatever the settings say of it.
    ///
    /// # Errors
    /// What is wrong with the settings, or with the name.
    pub(crate) fn trusting_client(&self, domain: &str) -> Result<Client, EngineError> {
        let mut configuration = (self.settings)().map_err(EngineError::Invalid)?;
        let host = Host::of_domain(domain).map_err(|error| EngineError::Invalid(error.to_string()))?;
        configuration.insecure = configuration.insecure.with(host);
        Client::new(configuration).map_err(EngineError::registry)
    }
}

/// That a registry does not let the user do something, in the words that Docker prints; nothing for what else goes wrong.
pub(crate) fn denied(error: &Error) -> Option<EngineError> {
    let Error::Asked { failure, .. } = error else { return None };
    let words = match error.refusal() {
        Some(refusal) if matches!(refusal.code(), "DENIED" | "UNAUTHORIZED") => refusal.to_string(),
        None if matches!(**failure, Failure::NoCredentials) => failure.to_string(),
        _ => return None,
    };
    Some(EngineError::Refused { words, kind: error.kind() })
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
