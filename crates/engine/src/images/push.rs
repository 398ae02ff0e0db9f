//! Pushing images, with its news and with Docker's words for what registries refuse.

use std::sync::Arc;

use corten_images::{ImagesError, Origins, PushNews, PushRequest, PushStep, PushedImage};
use corten_registry_client::{Credentials, Keychain};
use corten_spec::digest::Digest;
use corten_spec::platform::Platform;
use corten_spec::reference::Reference;
use tokio::runtime::Handle;

use super::ImageService;
use crate::error::EngineError;
use crate::registries::{ByRegistries, denied};
use crate::task::blocking;

/// What to push.
#[derive(Debug, Clone)]
pub struct PushImage {
    /// The image's name with a tag, or a repository, of which every tag is pushed.
    pub reference: Reference,
    /// The only platform to be pushed, if not all that there are.
    pub platform: Option<Platform>,
    /// For the image's registry.
    pub credentials: Credentials,
}

/// What is told of a push. Called by several threads, and waited for.
pub type PushListener = Arc<dyn Fn(PushEvent) + Send + Sync>;

/// A piece of news.
#[derive(Debug, Clone)]
pub enum PushEvent {
    /// How far the layer with this blob is.
    Layer(Digest, PushStep),
    /// A name is pushed: its tag, and what came of it.
    Pushed(String, Box<PushedImage>),
}

impl ImageService {
    /// Pushes an image, or all tags of a repository one after the other.
    ///
    /// # Errors
    /// No such name; what the registry refuses, in Docker's words; what it gets wrong; a blob that neither side has.
    pub async fn push(&self, wanted: PushImage, listener: PushListener) -> Result<(), EngineError> {
        let (service, handle) = (self.clone(), Handle::current());
        blocking(move || {
            let inner = &service.containers.inner;
            let reference = &wanted.reference;
            let names = inner.images.names_to_push(reference)?;
            let keychain = Keychain::empty().with(reference.domain(), wanted.credentials);
            let origins: Arc<dyn Origins> = Arc::new(ByRegistries::new(Arc::clone(inner), keychain.clone()));
            let client = inner.registries.client()?;
            let repository = client.repository(reference, &keychain).map_err(EngineError::registry)?;
            let told = Arc::clone(&listener);
            let news: PushNews = Arc::new(move |layer, step| told(PushEvent::Layer(layer.clone(), step)));
            for name in &names {
                let platform = wanted.platform.as_ref();
                let request =
                    PushRequest { repository: &repository, handle: &handle, reference: name, platform };
                let pushed = inner.images.push(&request, &origins, &news).map_err(in_dockers_words)?;
                listener(PushEvent::Pushed(name.tag().unwrap_or_default().to_owned(), Box::new(pushed)));
                service.announce("push", &name.familiar(), Some(&name.familiar_name()))?;
            }
            Ok(())
        })
        .await
    }
}

/// What scripts look for in a refusal; everything else is told as it is.
fn in_dockers_words(error: ImagesError) -> EngineError {
    match &error {
        ImagesError::Registry(source) => denied(source).unwrap_or(EngineError::Images(error)),
        _ => EngineError::Images(error),
    }
}
