//! Images that the program brings along: loaded when somebody asks for one that the store does not have.

use std::io::Cursor;

use corten_images::{Images, LoadOptions};
use corten_spec::reference::Reference;

use crate::error::EngineError;

/// One image.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedImage {
    /// The name under which it is found (`hello`), without a tag: it has `latest` alone.
    pub name: &'static str,
    /// Its archive.
    pub archive: &'static [u8],
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct EmbeddedImages(pub(crate) Vec<EmbeddedImage>);

impl EmbeddedImages {
    /// Loads the image that `reference` names if it is one of these and the store has none of that name. True when it did.
    pub(crate) fn load_missing(&self, images: &Images, reference: &str) -> Result<bool, EngineError> {
        let Some(embedded) = self.0.iter().find(|embedded| names(embedded, reference)) else {
            return Ok(false);
        };
        if images.resolve(reference, None).is_ok() {
            return Ok(false);
        }
        images.load(Cursor::new(embedded.archive), &LoadOptions::default())?;
        Ok(true)
    }
}

fn names(embedded: &EmbeddedImage, reference: &str) -> bool {
    let same =
        |name: &str| name.parse::<Reference>().ok().map(|parsed| parsed.with_default_tag().to_string());
    let wanted = same(reference);
    wanted.is_some() && wanted == same(embedded.name)
}
