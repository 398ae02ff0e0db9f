//! Finds the image that a text means: a name, a name with a digest, an id, the beginning of an id.
//!
//! In Docker's order: an image called `abc` wins over one whose id begins so.

use corten_spec::digest::Digest;
use corten_spec::reference::Reference;
use corten_state::{ImageRow, Reader};

use crate::image::Image;
use crate::{Images, ImagesError};

impl Images {
    /// The image that `text` means.
    ///
    /// # Errors
    /// [`ImagesError::NoSuchImage`], also when several ids begin so; [`ImagesError::Reference`].
    pub fn resolve(&self, text: &str) -> Result<Image, ImagesError> {
        self.store.read(|t| self.image(t, row(t, text)?))
    }
}

/// The row of the image that `text` means.
pub(crate) fn row(t: &Reader<'_>, text: &str) -> Result<ImageRow, ImagesError> {
    let id = if text.len() == 64 && is_hex(text) { format!("sha256:{text}") } else { text.to_owned() };
    if let Ok(id) = id.parse::<Digest>() {
        return t.image(id.as_str())?.ok_or_else(|| ImagesError::NoSuchImage(id.to_string()));
    }
    let reference = Reference::parse(text)?.with_default_tag();
    if let Some(id) = t.tag(&reference.to_string())?
        && let Some(row) = t.image(&id)?
    {
        return Ok(row);
    }
    if let Some(row) = by_digest(t, &reference)? {
        return Ok(row);
    }
    by_prefix(t, text)?.ok_or_else(|| ImagesError::NoSuchImage(reference.familiar()))
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
pub(crate) fn by_digest(t: &Reader<'_>, reference: &Reference) -> Result<Option<ImageRow>, ImagesError> {
    let Some(digest) = reference.digest() else { return Ok(None) };
    let name = reference.name();
    for row in t.images_by_digest(digest.as_str())? {
        if crate::image::references(t, &row.id)?.iter().any(|other| other.name() == name) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
