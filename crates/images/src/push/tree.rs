//! What lies below a manifest or an index: documents, and the blobs that they name, with what of it is here.
//!
//! It decides nothing: what is pushed of it is [`super::plan`]'s.

use std::collections::HashMap;

use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, ImageConfig, Index, Manifest, media_type};
use corten_spec::platform::Platform;

use super::target::Target;
use crate::documents::{from_bytes, read};
use crate::oci_layout::DEPTH;
use crate::{Images, ImagesError};

/// A document that is here.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// An index, and what it leads to.
    Index(Vec<Descriptor>),
    /// A manifest.
    Manifest {
        /// Its configuration and its layers.
        blobs: Vec<Descriptor>,
        /// Whether all of them are here.
        is_whole: bool,
        /// What it is for; `None` for what is no image, or is not known to be one.
        platform: Option<Platform>,
    },
}

/// Everything below one target.
#[derive(Debug)]
pub(super) struct Tree {
    /// What the name stands for.
    pub(super) root: Descriptor,
    /// The documents that are here.
    pub(super) nodes: HashMap<Digest, Node>,
}

impl Tree {
    /// Reads the documents from the content store.
    ///
    /// # Errors
    /// [`ImagesError::Gone`] where the target itself is not here, and what is wrong with a document.
    pub(super) fn read(images: &Images, target: &Target) -> Result<Self, ImagesError> {
        let size = images
            .content
            .size_if_there(&target.digest)?
            .ok_or_else(|| ImagesError::Gone(target.digest.clone()))?;
        let root = Descriptor::new(&target.media_type, target.digest.clone(), size);
        let mut tree = Self { root: root.clone(), nodes: HashMap::new() };
        tree.add(images, &root, 0)?;
        Ok(tree)
    }

    fn add(&mut self, images: &Images, descriptor: &Descriptor, depth: usize) -> Result<(), ImagesError> {
        let digest = &descriptor.digest;
        if self.nodes.contains_key(digest) || !images.content.has(digest)? {
            return Ok(());
        }
        if media_type::is_manifest(&descriptor.media_type) {
            let node = manifest(images, descriptor)?;
            self.nodes.insert(digest.clone(), node);
        }
        // What is neither is not known to be whole.
        if !media_type::is_index(&descriptor.media_type) {
            return Ok(());
        }
        if depth == DEPTH {
            let problem = "indexes are nested too deeply".to_owned();
            return Err(ImagesError::Unsupported { name: digest.to_string(), problem });
        }
        let index: Index = from_bytes(&read(&images.content, digest)?, digest.as_str(), "an image index")?;
        self.nodes.insert(digest.clone(), Node::Index(index.manifests.clone()));
        index.manifests.iter().try_for_each(|inner| self.add(images, inner, depth + 1))
    }
}

fn manifest(images: &Images, descriptor: &Descriptor) -> Result<Node, ImagesError> {
    let digest = &descriptor.digest;
    let manifest: Manifest =
        from_bytes(&read(&images.content, digest)?, digest.as_str(), "an image manifest")?;
    let platform = match &descriptor.platform {
        _ if descriptor.is_attestation() => None,
        Some(platform) => Some(platform.clone()),
        None => platform(images, &manifest.config)?,
    };
    let mut is_whole = true;
    let blobs: Vec<Descriptor> = std::iter::once(manifest.config).chain(manifest.layers).collect();
    for blob in &blobs {
        is_whole = is_whole && images.can_be_had(&blob.digest)?;
    }
    Ok(Node::Manifest { blobs, is_whole, platform })
}

/// What an image's configuration says that it is for.
fn platform(images: &Images, config: &Descriptor) -> Result<Option<Platform>, ImagesError> {
    if !media_type::is_config(&config.media_type) || !images.content.has(&config.digest)? {
        return Ok(None);
    }
    let bytes = read(&images.content, &config.digest)?;
    let config: ImageConfig = from_bytes(&bytes, config.digest.as_str(), "an image configuration")?;
    Ok(Some(config.platform))
}
