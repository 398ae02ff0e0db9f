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
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
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
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    if !hex.is_empty() && is_hex(hex) {
        let mut rows = t.images_by_prefix(&format!("sha256:{hex}"))?;
        if rows.len() == 1 {
            return Ok(rows.remove(0));
        }
    }
    Err(ImagesError::NoSuchImage(reference.familiar()))
}

/// An image that has a name in the repository, and whose manifest or index has the digest.
fn by_digest(t: &Reader<'_>, reference: &Reference) -> Result<Option<ImageRow>, ImagesError> {
    let Some(digest) = reference.digest() else { return Ok(None) };
    let name = reference.name();
    for row in t.images_by_digest(digest.as_str())? {
        if crate::image::references(t, &row.id)?.iter().any(|other| other.name() == name) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
