//! Finds the image that a text means: a name, a name with a digest, an id, the beginning of an id.
//!
//! In Docker's order: an image called `abc` wins over one whose id begins so.

use corten_spec::digest::Digest;
use corten_spec::platform::{Platform, choose};
use corten_spec::reference::Reference;
use corten_state::{ImageRow, NamedImage, Reader};

use crate::image::{Image, references};
use crate::record::platform;
use crate::{Images, ImagesError};

impl Images {
    /// The image that `text` means: that for a platform if one is given, else the one for this machine, or what there is.
    ///
    /// # Errors
    /// [`ImagesError::NoSuchImage`], also when several ids begin so; [`ImagesError::Reference`], [`ImagesError::NotForPlatform`].
    pub fn resolve(&self, text: &str, platform: Option<&Platform>) -> Result<Image, ImagesError> {
        self.store.read(|t| {
            let mut images = meant(t, text)?;
            match platform {
                None => self.image(t, images.swap_remove(0)),
                Some(platform) => self.image(t, of_platform(t, &images, platform, text)?.clone()),
            }
        })
    }
}

/// Of several images, the one for a platform. `text` is what was typed.
pub(crate) fn of_platform<'a>(
    t: &Reader<'_>,
    images: &'a [NamedImage],
    wanted: &Platform,
    text: &str,
) -> Result<&'a NamedImage, ImagesError> {
    let platforms = images.iter().map(|image| platform(t, &image.image_id)).collect::<Result<Vec<_>, _>>()?;
    let chosen = choose(wanted, &platforms).ok_or_else(|| ImagesError::NotForPlatform {
        image: text.to_owned(),
        wanted: Box::new(wanted.clone()),
    })?;
    Ok(&images[chosen])
}

/// The images that `text` means, at least one: those of a name, the one that is meant where nobody asks for a platform first, or one alone.
pub(crate) fn meant(t: &Reader<'_>, text: &str) -> Result<Vec<NamedImage>, ImagesError> {
    let id = if text.len() == 64 && is_hex(text) { format!("sha256:{text}") } else { text.to_owned() };
    if let Ok(id) = id.parse::<Digest>() {
        let row = t.image(id.as_str())?.ok_or_else(|| ImagesError::NoSuchImage(id.to_string()))?;
        return Ok(vec![alone(row)]);
    }
    let reference = Reference::parse(text)?.with_default_tag();
    let images = t.images_of_tag(&reference.to_string())?;
    if !images.is_empty() {
        return Ok(images);
    }
    if let Some(image) = by_digest(t, &reference)? {
        return Ok(vec![image]);
    }
    let row = by_prefix(t, text)?.ok_or_else(|| ImagesError::NoSuchImage(reference.familiar()))?;
    Ok(vec![alone(row)])
}

/// The row of the image that `text` means where nobody asks for a platform.
pub(crate) fn row(t: &Reader<'_>, text: &str) -> Result<ImageRow, ImagesError> {
    let id = meant(t, text)?.swap_remove(0).image_id;
    t.image(&id)?.ok_or(ImagesError::NoSuchImage(id))
}

/// An image without a name: as it came last.
pub(crate) fn alone(row: ImageRow) -> NamedImage {
    NamedImage {
        image_id: row.id,
        manifest_digest: row.manifest_digest,
        target_digest: row.target_digest,
        target_media_type: row.target_media_type,
    }
}

/// The only image whose id begins with `text`, which may begin with the algorithm.
pub(crate) fn by_prefix(t: &Reader<'_>, text: &str) -> Result<Option<ImageRow>, ImagesError> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    if hex.is_empty() || !is_hex(hex) {
        return Ok(None);
    }
    let mut rows = t.images_by_prefix(&format!("sha256:{hex}"))?;
    Ok(if rows.len() == 1 { rows.pop() } else { None })
}

pub(crate) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// An image that has a name in the repository, and whose manifest or index has the digest.
pub(crate) fn by_digest(t: &Reader<'_>, reference: &Reference) -> Result<Option<NamedImage>, ImagesError> {
    let Some(digest) = reference.digest() else { return Ok(None) };
    let name = reference.name();
    for row in t.images_by_digest(digest.as_str())? {
        for other in references(t, &row.id)?.iter().filter(|other| other.name() == name) {
            let images = t.images_of_tag(&other.to_string())?;
            let is_meant = |image: &NamedImage| {
                image.image_id == row.id
                    && [&*image.manifest_digest, &*image.target_digest].contains(&digest.as_str())
            };
            if let Some(image) = images.into_iter().find(is_meant) {
                return Ok(Some(image));
            }
        }
    }
    Ok(None)
}
