//! Pulling images, with its news and with Docker's words for what registries refuse.

use std::sync::Arc;

use corten_error::{Classified as _, Kind, chain};
use corten_images::{Audience, ImagesError, PullRequest, Pulled, Step};
use corten_registry_client::{Credentials, Error, Keychain};
use corten_spec::digest::Digest;
use corten_spec::platform::Platform;
use corten_spec::reference::Reference;
use tokio::runtime::Handle;

use super::ImageService;
use crate::error::EngineError;
use crate::task::blocking;

/// What to pull.
#[derive(Debug, Clone)]
pub struct PullImage {
    /// The image's name, with a tag or a digest.
    pub reference: Reference,
    /// The platform wanted; else that of this machine, or the only one there is.
    pub platform: Option<Platform>,
    /// For the image's registry.
    pub credentials: Credentials,
}

/// Who is told how far each layer is. Called by several threads, and waited for.
pub type LayerNews = Arc<dyn Fn(&Digest, Step) + Send + Sync>;

impl ImageService {
    /// Pulls an image.
    ///
    /// # Errors
    /// What the registry refuses, in Docker's words; what it gets wrong; no image for the platform; a full disk.
    pub async fn pull(&self, wanted: PullImage, news: LayerNews) -> Result<Pulled, EngineError> {
        let (service, handle) = (self.clone(), Handle::current());
        blocking(move || {
            let inner = &service.containers.inner;
            let reference = wanted.reference;
            let keychain = Keychain::empty().with(reference.domain(), wanted.credentials);
            let client = inner.registries.client()?;
            let repository = client.repository(&reference, &keychain).map_err(EngineError::registry)?;
            let platform = wanted.platform.as_ref();
            let request =
                PullRequest { repository: &repository, handle: &handle, reference: &reference, platform };
            let pulled = inner.images.pull(&request, &Told(news));
            let pulled = pulled.map_err(|error| in_dockers_words(error, &reference))?;
            let name = reference.familiar();
            service.announce("pull", &name, Some(&reference.familiar_name()))?;
            inner.keep_to_budget();
            Ok(pulled)
        })
        .await
    }
}

impl ImageService {
    /// The names of all that a repository has in its registry, by tag, as the registry lists them.
    ///
    /// # Errors
    /// What the registry refuses, in Docker's words; what it gets wrong.
    pub async fn tags_to_pull(
        &self,
        repository: &Reference,
        credentials: Credentials,
    ) -> Result<Vec<Reference>, EngineError> {
        let (inner, name, handle) = (self.containers.inner.clone(), repository.clone(), Handle::current());
        blocking(move || {
            let keychain = Keychain::empty().with(name.domain(), credentials);
            let repository =
                inner.registries.client()?.repository(&name, &keychain).map_err(EngineError::registry)?;
            let refused = |error| in_dockers_words(ImagesError::Registry(Box::new(error)), &name);
            let tags = handle.block_on(repository.tags()).map_err(refused)?;
            // What is no tag cannot be asked for.
            Ok(tags.iter().filter_map(|tag| name.clone().with_tag(tag).ok()).collect())
        })
        .await
    }
}

struct Told(LayerNews);

impl Audience for Told {
    fn hear(&self, layer: &Digest, step: Step) {
        (self.0)(layer, step);
    }
}

/// What scripts look for in a refusal; everything else is told as it is.
pub(crate) fn in_dockers_words(error: ImagesError, reference: &Reference) -> EngineError {
    let refusal = match &error {
        ImagesError::Registry(error) => error.refusal(),
        _ => None,
    };
    let Some(refusal) = refusal else {
        // Docker's client would ask for a name and a password where the status says that they are missing, and Docker's engine does not say so.
        return match error.kind() {
            Kind::Unauthorized => EngineError::Refused { words: chain(&error), kind: Kind::Internal },
            _ => EngineError::Images(error),
        };
    };
    let name = reference.familiar_name();
    match refusal.code() {
        "MANIFEST_UNKNOWN" => {
            EngineError::NotFound(format!("manifest for {} not found: {refusal}", reference.familiar()))
        }
        "NAME_UNKNOWN" => EngineError::NotFound(format!("repository {name} not found: {refusal}")),
        "DENIED" | "UNAUTHORIZED" => EngineError::NotFound(format!(
            "pull access denied for {name}, repository does not exist or may require 'docker login': {refusal}"
        )),
        _ => EngineError::Images(error),
    }
}

impl EngineError {
    /// What a client of registries said.
    pub(crate) fn registry(error: Error) -> Self {
        Self::Images(ImagesError::Registry(Box::new(error)))
    }
}
