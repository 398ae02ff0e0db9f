//! One image with everything that is known of it.
//!
//! It is a picture of the moment: the image may be gone when it is looked at.

use std::collections::HashSet;
use std::path::PathBuf;

use corten_spec::digest::Digest;
use corten_spec::image::ImageConfig;
use corten_spec::reference::Reference;
use corten_state::{NamedImage, Reader};

use crate::documents::from_bytes;
use crate::{Images, ImagesError};

/// An image.
#[derive(Debug, Clone)]
pub struct Image {
    /// The digest of its configuration.
    pub id: Digest,
    /// Its configuration.
    pub config: ImageConfig,
    /// The same, byte for byte.
    pub raw_config: Vec<u8>,
    /// Its names, sorted.
    pub references: Vec<Reference>,
    /// The digest of its manifest.
    pub manifest_digest: Digest,
    /// The digest of what its name pointed at: the manifest, or an index that leads to it.
    pub target_digest: Digest,
    /// The media type of the target.
    pub target_media_type: String,
    /// The id of the image that it was made of, if that is here.
    pub parent: Option<String>,
    /// Bytes of the files in its layers.
    pub size: u64,
    /// The ids of its layers, the lowest first, each once: what a container has to hold.
    pub layer_ids: Vec<String>,
    /// The directories of its layers, the topmost first: what an overlay mount takes.
    pub layer_paths: Vec<PathBuf>,
    /// The sizes of its layers in bytes, the lowest first, as many as its configuration has diff ids.
    pub layer_sizes: Vec<u64>,
}

impl Image {
    /// The names with a tag, as short as they can be said: Docker's `RepoTags`.
    pub fn repo_tags(&self) -> Vec<String> {
        self.references.iter().filter(|name| name.digest().is_none()).map(Reference::familiar).collect()
    }

    /// The names with a digest, as short as they can be said: Docker's `RepoDigests`.
    pub fn repo_digests(&self) -> Vec<String> {
        self.references.iter().filter(|name| name.digest().is_some()).map(Reference::familiar).collect()
    }
}

impl Images {
    pub(crate) fn image(&self, t: &Reader<'_>, named: NamedImage) -> Result<Image, ImagesError> {
        let row = t.image(&named.image_id)?.ok_or(ImagesError::NoSuchImage(named.image_id))?;
        let layers = t.layers_of_image(&row.id)?;
        let mut seen = HashSet::new();
        // An overlay refuses a directory that it has already; the uppermost hides all that the lower one could show.
        let mut layer_ids: Vec<String> = layers
            .iter()
            .rev()
            .filter(|layer| seen.insert(layer.id.as_str()))
            .map(|layer| layer.id.clone())
            .collect();
        let layer_paths = layer_ids.iter().map(|id| self.layer_path(id)).collect();
        layer_ids.reverse();
        let config: ImageConfig = from_bytes(&row.config, &row.id, "an image configuration")?;
        Ok(Image {
            id: digest(&row.id)?,
            parent: parent(t, &config)?,
            config,
            references: references(t, &row.id)?,
            manifest_digest: digest(&named.manifest_digest)?,
            target_digest: digest(&named.target_digest)?,
            target_media_type: named.target_media_type,
            raw_config: row.config,
            size: row.size,
            layer_ids,
            layer_paths,
            layer_sizes: layers.iter().map(|layer| layer.size).collect(),
        })
    }
}

/// The image that one was made of. What its configuration says may come from anywhere: it counts only if there is such an image.
pub(crate) fn parent(t: &Reader<'_>, config: &ImageConfig) -> Result<Option<String>, ImagesError> {
    if config.parent.is_empty() {
        return Ok(None);
    }
    Ok(t.image(&config.parent)?.map(|row| row.id))
}

/// The names of an image, sorted.
pub(crate) fn references(t: &Reader<'_>, id: &str) -> Result<Vec<Reference>, ImagesError> {
    t.tags_of_image(id)?.iter().map(|name| Reference::parse(name).map_err(ImagesError::from)).collect()
}

/// A digest from a row.
pub(crate) fn digest(text: &str) -> Result<Digest, ImagesError> {
    text.parse()
        .map_err(|error| ImagesError::Reference(corten_spec::reference::ReferenceError::Digest(error)))
}

/// The first twelve hex digits of an image's id.
pub(crate) fn short(id: &str) -> &str {
    let hex = id.split_once(':').map_or(id, |(_, hex)| hex);
    hex.get(..12).unwrap_or(hex)
}
