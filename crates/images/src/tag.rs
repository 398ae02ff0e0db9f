//! Gives an image one more name.
//!
//! A name that stood for another image is taken from it without a word, as Docker does.

use corten_spec::digest::Digest;
use corten_spec::reference::Reference;
use corten_state::Durability;

use crate::image::digest;
use crate::resolve::meant;
use crate::{Images, ImagesError};

impl Images {
    /// Lets `target` stand for what `source` means, for all of its platforms; the image's id.
    ///
    /// # Errors
    /// [`ImagesError::NoSuchImage`], [`ImagesError::Reference`], [`ImagesError::TagWithDigest`].
    pub fn tag(&self, source: &str, target: &str) -> Result<Digest, ImagesError> {
        let target = Reference::parse(target)?.with_default_tag();
        if target.digest().is_some() {
            return Err(ImagesError::TagWithDigest);
        }
        self.store.write(Durability::Full, |t| {
            let images = meant(t, source)?;
            t.set_tag(&target.to_string(), &images)?;
            digest(&images[0].image_id)
        })
    }
}
