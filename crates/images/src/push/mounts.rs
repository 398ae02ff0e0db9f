//! Which other repositories of a registry have blobs that are about to be pushed there: those that images came from or went to.
//!
//! A name with a digest says so, since pulls and pushes alone give such names. The registry is not asked.

use std::collections::HashMap;

use corten_spec::digest::Digest;
use corten_spec::image::Manifest;
use corten_spec::reference::Reference;

use crate::documents::parse;
use crate::image::digest;
use crate::{Images, ImagesError};

/// By blob, the path of another repository of the reference's registry that has it.
pub(super) fn mounts(images: &Images, reference: &Reference) -> Result<HashMap<Digest, String>, ImagesError> {
    let mut mounts = HashMap::new();
    for (path, manifest) in manifests_elsewhere(images, reference)? {
        // It is only a hint: what cannot be read gives none.
        let Ok(manifest) = parse::<Manifest>(&images.content, &manifest, "an image manifest") else {
            continue;
        };
        for blob in std::iter::once(manifest.config).chain(manifest.layers) {
            mounts.entry(blob.digest).or_insert_with(|| path.clone());
        }
    }
    Ok(mounts)
}

/// Manifests that other repositories of the registry have, with the repository's path.
fn manifests_elsewhere(images: &Images, reference: &Reference) -> Result<Vec<(String, Digest)>, ImagesError> {
    images.store.read(|t| {
        let mut found = Vec::new();
        for tag in t.tags()? {
            let name = Reference::parse(&tag.reference)?;
            let is_elsewhere = name.domain() == reference.domain() && name.path() != reference.path();
            if !is_elsewhere || name.digest().is_none() {
                continue;
            }
            for image in t.images_of_tag(&tag.reference)? {
                found.push((name.path().to_owned(), digest(&image.manifest_digest)?));
            }
        }
        Ok(found)
    })
}
