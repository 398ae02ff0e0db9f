//! What belongs to an image by its own word, its `subject`: signatures, bills of materials (OCI image-spec, `manifest.md`).
//!
//! They come and go with it, and with its index. What stands in them is nobody's business here; whoever signs knows.

use std::collections::HashSet;

use corten_content::Content;
use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, Manifest, media_type};
use corten_state::{ReferrerRow, StateError};

use crate::documents::parse;
use crate::image::digest;
use crate::{Images, ImagesError};

/// Takes those among the descriptors of a layout that say to what they belong; the rest is images.
pub(crate) fn take(
    content: &Content,
    descriptors: Vec<Descriptor>,
) -> Result<(Vec<Descriptor>, Vec<ReferrerRow>), ImagesError> {
    let mut images = Vec::new();
    let mut referrers = Vec::new();
    for descriptor in descriptors {
        match subject(content, &descriptor)? {
            Some(subject) => referrers.push(ReferrerRow {
                subject: subject.to_string(),
                digest: descriptor.digest.to_string(),
                media_type: descriptor.media_type,
                size: descriptor.size,
            }),
            None => images.push(descriptor),
        }
    }
    Ok((images, referrers))
}

fn subject(content: &Content, of: &Descriptor) -> Result<Option<Digest>, ImagesError> {
    // What is missing or of an unknown kind is told where it is read as an image.
    if !media_type::is_manifest(&of.media_type) || !content.has(&of.digest)? {
        return Ok(None);
    }
    let manifest: Manifest = parse(content, &of.digest, "a manifest")?;
    Ok(manifest.subject.map(|subject| subject.digest))
}

/// The blobs of referrers, with their manifests.
pub(crate) fn blobs<'a>(
    content: &Content,
    manifests: impl IntoIterator<Item = &'a Digest>,
) -> Result<Vec<Digest>, ImagesError> {
    let mut blobs = Vec::new();
    for digest in manifests {
        // What is missing, nothing is needed for.
        if !content.has(digest)? {
            continue;
        }
        let manifest: Manifest = parse(content, digest, "a manifest")?;
        blobs.extend(std::iter::once(manifest.config).chain(manifest.layers).map(|blob| blob.digest));
        blobs.push(digest.clone());
    }
    Ok(blobs)
}

impl Images {
    /// What belongs to any of these manifests and indexes, and to that in turn.
    pub(crate) fn referrers_of(&self, subjects: &HashSet<Digest>) -> Result<Vec<Descriptor>, ImagesError> {
        let rows = self.store.read::<_, StateError>(|t| t.referrers())?;
        let mut belong: HashSet<String> = subjects.iter().map(ToString::to_string).collect();
        let mut found = Vec::new();
        loop {
            let more: Vec<&ReferrerRow> = rows
                .iter()
                .filter(|row| belong.contains(&row.subject) && !belong.contains(&row.digest))
                .collect();
            if more.is_empty() {
                return Ok(found);
            }
            for row in more {
                if belong.insert(row.digest.clone()) {
                    found.push(Descriptor::new(&row.media_type, digest(&row.digest)?, row.size));
                }
            }
        }
    }

    /// Forgets what belonged to manifests that no image needs any more.
    pub(crate) fn forget_referrers(&self, needed: &HashSet<Digest>) -> Result<(), ImagesError> {
        let rows = self.store.read::<_, StateError>(|t| t.referrers())?;
        let is_needed =
            |row: &ReferrerRow| row.subject.parse().is_ok_and(|subject| needed.contains(&subject));
        let stale: HashSet<String> =
            rows.into_iter().filter(|row| !is_needed(row)).map(|row| row.subject).collect();
        if stale.is_empty() {
            return Ok(());
        }
        let forget =
            |t: &corten_state::Writer<'_>| stale.iter().try_for_each(|subject| t.forget_referrers(subject));
        Ok(self.store.write::<_, StateError>(corten_state::Durability::Normal, forget)?)
    }
}
