//! The client of registries, made when the first is spoken to: reading the host's certificates takes longer than a start.

use std::sync::{Arc, Mutex, PoisonError};

use corten_error::Classified as _;
use corten_images::{Cause, Origins};
use corten_registry_client::{Client, Error, Failure, Host, Keychain, Mirror, Repository};
use corten_spec::reference::Reference;
use tokio::runtime::Handle;

use crate::containers::Inner;
use crate::error::EngineError;
use crate::settings::Settings;
use crate::system::RegistryFacts;

/// The client of one engine.
#[derive(Debug)]
pub(crate) struct Registries {
    settings: Arc<dyn Settings>,
    client: Mutex<Option<Arc<Client>>>,
}

impl Registries {
    pub(crate) fn new(settings: Arc<dyn Settings>) -> Self {
        Self { settings, client: Mutex::default() }
    }

    /// The client.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub(crate) fn client(&self) -> Result<Arc<Client>, EngineError> {
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*kept {
            return Ok(Arc::clone(client));
        }
        let configuration = self.settings.registries().map_err(EngineError::Invalid)?;
        let client = Arc::new(Client::new(configuration).map_err(EngineError::registry)?);
        Ok(Arc::clone(kept.insert(client)))
    }

    /// What can be told of the settings; nothing of such as nobody can use.
    pub(crate) fn facts(&self) -> RegistryFacts {
        let Ok(configuration) = self.settings.registries() else { return RegistryFacts::default() };
        let mirrors = configuration.mirrors.get("docker.io").into_iter().flatten();
        RegistryFacts {
            mirrors: mirrors.map(Mirror::url).collect(),
            insecure_hosts: configuration.insecure.hosts().map(str::to_owned).collect(),
            insecure_networks: configuration.insecure.networks().collect(),
        }
    }

    /// Has the settings read again for whoever asks next.
    pub(crate) fn reload(&self) {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// A client that believes the host of `domain` without proof, whatever the settings say of it.
    ///
    /// # Errors
    /// What is wrong with the settings, or with the name.
    pub(crate) fn trusting_client(&self, domain: &str) -> Result<Client, EngineError> {
        let mut configuration = self.settings.registries().map_err(EngineError::Invalid)?;
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
