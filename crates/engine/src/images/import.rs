//! Makes an image of an archive of a file system.

use std::io::Read;

use corten_images::{ImagesError, Loaded, Recipe, apply_changes};
use corten_spec::image::ContainerConfig;
use corten_spec::platform::Platform;
use corten_spec::reference::Reference;

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
