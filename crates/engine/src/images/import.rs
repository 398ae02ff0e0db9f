//! Makes an image of an archive of a file system.

use std::io::{self, Read};

use bytes::Bytes;
use corten_images::{ImagesError, Loaded, Recipe, apply_changes};
use corten_registry_client::FileStream;
use corten_spec::image::ContainerConfig;
use corten_spec::platform::Platform;
use corten_spec::reference::Reference;
use tokio::runtime::Handle;

use super::ImageService;
use crate::clock::now;
use crate::error::EngineError;
use crate::task::blocking;

/// What the image is to be.
#[derive(Debug, Clone, Default)]
pub struct ImportRequest {
    /// Its name; empty = none.
    pub name: String,
    /// Where the archive is from, for the remark that an image has without another.
    pub source: String,
    /// A remark.
    pub message: String,
    /// Instructions of a Dockerfile that say how to run it.
    pub changes: Vec<String>,
    /// What it is for; `None` = this machine's.
    pub platform: Option<Platform>,
}

impl ImageService {
    /// Makes an image of an archive; blocks in it, so it is given a thread of its own.
    ///
    /// # Errors
    /// An instruction or a name that is none, an archive that is none, a full disk. Nothing of it is kept then.
    pub async fn import<R: Read + Send + 'static>(
        &self,
        archive: R,
        request: ImportRequest,
    ) -> Result<Loaded, EngineError> {
        let (inner, service) = (self.containers.inner.clone(), self.clone());
        blocking(move || {
            let mut config = ContainerConfig::default();
            apply_changes(&mut config, &request.changes).map_err(ImagesError::from)?;
            let name = new_name(&request.name)?;
            let layer = inner.images.take_layer(archive)?;
            let recipe = Recipe {
                parent: None,
                platform: request.platform.unwrap_or_else(Platform::host),
                config,
                author: String::new(),
                comment: match request.message.as_str() {
                    "" => format!("Imported from {}", request.source),
                    message => message.to_owned(),
                },
                created_by: String::new(),
                created: now(),
                name,
            };
            let made = inner.images.make(layer, recipe)?;
            for name in &made.references {
                service.announce("tag", made.id.as_str(), Some(name))?;
            }
            service.announce("import", made.id.as_str(), None)?;
            inner.keep_to_budget();
            Ok(made)
        })
        .await
    }
}

impl ImageService {
    /// The same of an archive at a URL, which is fetched while it is unpacked.
    ///
    /// # Errors
    /// As [`Self::import`]; what is no URL, and what its host refuses or gets wrong.
    pub async fn import_from(&self, url: &str, request: ImportRequest) -> Result<Loaded, EngineError> {
        let client = self.containers.inner.registries.client()?;
        let stream = client.file(url).await.map_err(EngineError::registry)?;
        self.import(Fetched { stream, chunk: Bytes::new(), handle: Handle::current() }, request).await
    }
}

/// A file on its way, as the blocking reader that the image store takes.
struct Fetched {
    stream: FileStream,
    chunk: Bytes,
    handle: Handle,
}

impl Read for Fetched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.handle.block_on(self.stream.chunk()).map_err(io::Error::other)? {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.chunk.len());
        buffer[..length].copy_from_slice(&self.chunk.split_to(length));
        Ok(length)
    }
}

/// The name of an image that is about to be made; none where there is no text.
pub(crate) fn new_name(text: &str) -> Result<Option<Reference>, EngineError> {
    if text.is_empty() {
        return Ok(None);
    }
    let name = Reference::parse(text).map_err(ImagesError::from)?;
    if name.digest().is_some() {
        return Err(ImagesError::ImportWithDigest.into());
    }
    Ok(Some(name.with_default_tag()))
}
