//! Writes down images whose layers are there, and lets their names stand for them.
//!
//! It reads no archive and fetches nothing.

use corten_spec::image::ImageConfig;
use corten_spec::platform::{Platform, choose};
use corten_spec::reference::Reference;
use corten_spec::time::Timestamp;
use corten_state::{ImageRow, LayerRow, NamedImage, Reader, Writer};

use crate::documents::from_bytes;
use crate::found::{Found, FoundImage};
use crate::{ImagesError, Loaded};

/// Writes down what was found, with the layers of each of its images.
pub(crate) fn record(t: &Writer<'_>, found: &Found, layers: &[Vec<LayerRow>]) -> Result<Loaded, ImagesError> {
    for (image, layers) in found.images.iter().zip(layers) {
        let ids: Vec<String> = layers.iter().map(|layer| layer.id.clone()).collect();
        t.insert_image(&row(image, layers), &ids)?;
    }
    let id = found.images[0].id().clone();
    let mut loaded = Loaded { id, references: Vec::new(), displaced: Vec::new(), unchanged: Vec::new() };
    for name in &found.names {
        give(t, found, name, &mut loaded)?;
    }
    Ok(loaded)
}

fn row(image: &FoundImage, layers: &[LayerRow]) -> ImageRow {
    ImageRow {
        id: image.id().to_string(),
        manifest_digest: image.manifest_digest.to_string(),
        target_digest: image.target.digest.to_string(),
        target_media_type: image.target.media_type.clone(),
        created_at: image.config.created.unwrap_or(Timestamp::ZERO),
        size: layers.iter().map(|layer| layer.size).sum(),
        config: image.raw_config.clone(),
    }
}

/// Lets a name stand for the images.
fn give(t: &Writer<'_>, found: &Found, name: &Reference, loaded: &mut Loaded) -> Result<(), ImagesError> {
    let reference = name.to_string();
    let before = t.images_of_tag(&reference)?;
    let is_known = |image: &NamedImage| before.iter().any(|before| before.image_id == image.image_id);
    let came: Vec<NamedImage> = found.images.iter().map(named).collect();
    let is_hearsay = found.images.iter().all(|image| image.target.is_made);
    if came.iter().all(is_known) && (is_hearsay || came.iter().all(|image| before.contains(image))) {
        loaded.unchanged.push(name.familiar());
    } else {
        t.set_tag(&reference, &join(t, came, &before)?)?;
    }
    let after = t.images_of_tag(&reference)?;
    let lost = before.first().filter(|main| after.iter().all(|image| image.image_id != main.image_id));
    let lost = lost.and_then(|main| main.image_id.parse().ok());
    loaded.displaced.extend(lost.map(|before| (name.familiar(), before)));
    loaded.references.push(name.familiar());
    Ok(())
}

fn named(image: &FoundImage) -> NamedImage {
    NamedImage {
        image_id: image.id().to_string(),
        manifest_digest: image.manifest_digest.to_string(),
        target_digest: image.target.digest.to_string(),
        target_media_type: image.target.media_type.clone(),
    }
}

/// What came, and what the same index had brought before for other platforms; first the one for this machine.
fn join(
    t: &Reader<'_>,
    came: Vec<NamedImage>,
    before: &[NamedImage],
) -> Result<Vec<NamedImage>, ImagesError> {
    let stays = |old: &&NamedImage| {
        came.iter().any(|new| new.target_digest == old.target_digest)
            && came.iter().all(|new| new.image_id != old.image_id)
    };
    let mut images: Vec<NamedImage> = before.iter().filter(stays).cloned().collect();
    images.splice(0..0, came);
    let platforms = images.iter().map(|image| platform(t, &image.image_id)).collect::<Result<Vec<_>, _>>()?;
    let main = choose(&Platform::host(), &platforms).unwrap_or(0);
    images.swap(0, main);
    Ok(images)
}

/// What an image is for.
pub(crate) fn platform(t: &Reader<'_>, id: &str) -> Result<Platform, ImagesError> {
    let row = t.image(id)?.ok_or_else(|| ImagesError::NoSuchImage(id.to_owned()))?;
    Ok(from_bytes::<ImageConfig>(&row.config, id, "an image configuration")?.platform)
}
