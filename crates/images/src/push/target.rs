//! What a name stands for, and what is known of it once a registry has it.

use corten_spec::digest::Digest;
use corten_spec::image::Descriptor;
use corten_spec::reference::Reference;
use corten_state::{NamedImage, Reader, Writer};

use crate::ImagesError;
use crate::image::digest;

/// A manifest or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) digest: Digest,
    pub(super) media_type: String,
}

/// What a name stands for: first what is meant where nobody asks for a platform, then what there is for others beside it.
pub(super) fn targets(t: &Reader<'_>, name: &Reference) -> Result<Vec<Target>, ImagesError> {
    let mut targets = Vec::new();
    for image in t.images_of_tag(&name.to_string())? {
        let target = Target { digest: digest(&image.target_digest)?, media_type: image.target_media_type };
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    Ok(targets)
}

/// Gives those images of a name that went with `pushed` the name that says that the registry has it.
pub(super) fn remember(t: &Writer<'_>, name: &Reference, pushed: &Descriptor) -> Result<(), ImagesError> {
    let digest = pushed.digest.as_str();
    let images = t.images_of_tag(&name.to_string())?.into_iter().filter_map(|image| {
        let went_alone = image.manifest_digest == digest;
        let (target_digest, target_media_type) = (digest.to_owned(), pushed.media_type.clone());
        let alone = NamedImage { target_digest, target_media_type, ..image.clone() };
        if went_alone { Some(alone) } else { Some(image).filter(|image| image.target_digest == digest) }
    });
    let images: Vec<NamedImage> = images.collect();
    // The name may have been taken away meanwhile.
    if !images.is_empty() {
        let by_digest = name.clone().name_only().with_digest(pushed.digest.clone());
        t.set_tag(&by_digest.to_string(), &images)?;
    }
    Ok(())
}
