//! Makes an image of a layer: alone, or on top of those of another image.
//!
//! Where the layer comes from, [`crate::NewLayer`] knows; what a container adds to a configuration is the engine's.

use std::collections::BTreeMap;

use corten_spec::digest::Digest;
use corten_spec::image::{ContainerConfig, Descriptor, History, ImageConfig, Manifest, media_type};
use corten_spec::platform::Platform;
use corten_spec::reference::Reference;
use corten_spec::time::Timestamp;
use corten_state::Durability;
use serde::Serialize;

use crate::documents::parse;
use crate::found::{Found, FoundImage, Target};
use crate::growth::Growth;
use crate::image::digest;
use crate::layers::Supply;
use crate::record::record;
use crate::{Images, ImagesError, Loaded, NewLayer};

/// What an image is to be, beside its uppermost layer.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The id of the image below; none for a layer alone.
    pub parent: Option<String>,
    /// What a layer alone is for; else what the image below is for.
    pub platform: Platform,
    /// How to run it.
    pub config: ContainerConfig,
    /// Who made it.
    pub author: String,
    /// A remark.
    pub comment: String,
    /// What was run to make the layer.
    pub created_by: String,
    /// When.
    pub created: Timestamp,
    /// What it is to be called.
    pub name: Option<Reference>,
}

/// The words that a manifest has for what it consists of.
struct Words {
    manifest: &'static str,
    config: &'static str,
    layer: &'static str,
}

const OCI: Words = Words {
    manifest: media_type::OCI_MANIFEST,
    config: media_type::OCI_CONFIG,
    layer: media_type::OCI_LAYER_GZIP,
};

const DOCKER: Words = Words {
    manifest: media_type::DOCKER_MANIFEST,
    config: media_type::DOCKER_CONFIG,
    layer: media_type::DOCKER_LAYER_GZIP,
};

impl Images {
    /// Makes the image. When it returns, records, blobs and unpacked layers survive a loss of power.
    ///
    /// # Errors
    /// [`ImagesError::NoSuchImage`] for a parent that is gone, [`ImagesError::Layer`] for an archive that is none, and whatever
    /// the disk says; nothing is left then.
    pub fn make(&self, layer: NewLayer, recipe: Recipe) -> Result<Loaded, ImagesError> {
        let made = self.make_leased(&layer, recipe);
        drop(layer.lease);
        // Blobs that were for nothing; what resists is found by whoever asks for a collection.
        let _collected = self.collect();
        made
    }

    fn make_leased(&self, layer: &NewLayer, recipe: Recipe) -> Result<Loaded, ImagesError> {
        let (mut config, layers, words) = self.below(&recipe)?;
        let mut layers = layers;
        if !layer.is_empty {
            config.rootfs.diff_ids.push(layer.diff_id.clone());
            layers.push(Descriptor::new(words.layer, layer.blob.clone(), self.content.size(&layer.blob)?));
        }
        config.created = Some(recipe.created);
        config.history.push(History {
            created: Some(recipe.created),
            created_by: recipe.created_by,
            author: recipe.author.clone(),
            comment: recipe.comment.clone(),
            empty_layer: layer.is_empty,
        });
        config.author = recipe.author;
        config.comment = recipe.comment;
        config.config = recipe.config;
        let (id, size) = self.keep(&config, "an image configuration")?;
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(words.manifest.to_owned()),
            artifact_type: None,
            config: Descriptor::new(words.config, id, size),
            layers,
            subject: None,
            annotations: BTreeMap::new(),
        };
        let (manifest, _) = self.keep(&manifest, "an image manifest")?;
        let media_type = words.manifest.to_owned();
        let target = Target { digest: manifest.clone(), media_type, is_made: false };
        let image = FoundImage::read(&self.content, manifest, target)?;
        // What came from outside was bounded when it was taken in; the rest is on this disk already.
        let growth = Growth::unbounded();
        let rows = self
            .provide_layers_within(&image, Supply { source: &self.content, growth: &growth, proven: None })?;
        let found = Found::alone(image, recipe.name.into_iter().collect());
        self.synchronise_blobs(&found)?;
        self.store.write(Durability::Full, |t| record(t, &found, &[rows]))
    }

    /// What the image stands on: the beginnings of its configuration, its lower layers, and how its manifest speaks.
    fn below(&self, recipe: &Recipe) -> Result<(ImageConfig, Vec<Descriptor>, Words), ImagesError> {
        let Some(parent) = &recipe.parent else {
            let config = ImageConfig { platform: recipe.platform.clone(), ..ImageConfig::default() };
            return Ok((config, Vec::new(), OCI));
        };
        let row = self.store.read(|t| t.image(parent))?;
        let row = row.ok_or_else(|| ImagesError::NoSuchImage(parent.clone()))?;
        let below: ImageConfig = crate::documents::from_bytes(&row.config, parent, "an image configuration")?;
        let manifest: Manifest = parse(&self.content, &digest(&row.manifest_digest)?, "an image manifest")?;
        let docker = manifest.media_type.as_deref() == Some(media_type::DOCKER_MANIFEST);
        let config = ImageConfig {
            platform: below.platform,
            rootfs: below.rootfs,
            history: below.history,
            parent: parent.clone(),
            ..ImageConfig::default()
        };
        Ok((config, manifest.layers, if docker { DOCKER } else { OCI }))
    }

    /// Takes a document in; its digest and length.
    fn keep<T: Serialize>(&self, document: &T, what: &'static str) -> Result<(Digest, u64), ImagesError> {
        let bytes = serde_json::to_vec(document).map_err(|source| ImagesError::Document {
            name: "a new image".to_owned(),
            what,
            source,
        })?;
        Ok((self.content.put(&bytes, None)?, bytes.len() as u64))
    }
}
