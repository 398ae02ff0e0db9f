//! What comes along with an image and is no image: the indexes below its index, and attestations (provenance, bills of materials) of those
//! manifests that are here.
//!
//! Only what is here is told of; a registry or an archive may have had more.

use std::collections::HashSet;

use corten_content::Content;
use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, Index, Manifest, media_type};

use crate::ImagesError;
use crate::documents::parse;

/// The blobs beside a target, which is not among them itself, and its images, whose manifests are given.
pub(crate) fn companions(
    content: &Content,
    target: &Descriptor,
    manifests: &HashSet<&Digest>,
) -> Result<Vec<Digest>, ImagesError> {
    let mut walk = Walk { content, manifests, seen: HashSet::new(), found: Vec::new() };
    walk.index(target)?;
    Ok(walk.found)
}

struct Walk<'a> {
    content: &'a Content,
    manifests: &'a HashSet<&'a Digest>,
    /// An index cannot contain its own digest, but many may name the same.
    seen: HashSet<Digest>,
    found: Vec<Digest>,
}

impl Walk<'_> {
    fn index(&mut self, index: &Descriptor) -> Result<(), ImagesError> {
        let is_index = media_type::is_index(&index.media_type);
        if !is_index || !self.seen.insert(index.digest.clone()) || !self.content.has(&index.digest)? {
            return Ok(());
        }
        let index: Index = parse(self.content, &index.digest, "an image index")?;
        for inner in index.manifests {
            if media_type::is_index(&inner.media_type) {
                self.keep(&inner.digest)?;
                self.index(&inner)?;
            } else if inner.attested().is_some_and(|image| self.manifests.contains(&image)) {
                self.attestation(&inner.digest)?;
            }
        }
        Ok(())
    }

    fn attestation(&mut self, manifest: &Digest) -> Result<(), ImagesError> {
        if self.keep(manifest)? {
            let manifest: Manifest = parse(self.content, manifest, "a manifest")?;
            for blob in std::iter::once(&manifest.config).chain(&manifest.layers) {
                self.keep(&blob.digest)?;
            }
        }
        Ok(())
    }

    /// Whether it is here.
    fn keep(&mut self, digest: &Digest) -> Result<bool, ImagesError> {
        let is_here = self.content.has(digest)?;
        if is_here {
            self.found.push(digest.clone());
        }
        Ok(is_here)
    }
}
