//! Which blobs are known to unpack to which layers, while archives are loaded.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use corten_spec::digest::Digest;
use corten_spec::image::Manifest;
use corten_state::StateError;

use crate::documents::parse;
use crate::image::digest;
use crate::{Images, ImagesError};

/// A blob's digest, and the digest of what it unpacks to.
type Pair = (String, String);

/// What this load has unpacked itself, and what the images on record say.
#[derive(Debug, Default)]
pub(crate) struct Proven {
    unpacked: Mutex<HashSet<Pair>>,
    /// Read when somebody asks the first time.
    recorded: Mutex<Option<HashSet<Pair>>>,
}

impl Proven {
    pub(crate) fn add(&self, blob: &Digest, diff_id: &Digest) {
        let mut unpacked = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        unpacked.insert((blob.to_string(), diff_id.to_string()));
    }

    pub(crate) fn has(&self, blob: &Digest, diff_id: &Digest, images: &Images) -> Result<bool, ImagesError> {
        let pair = (blob.to_string(), diff_id.to_string());
        if self.unpacked.lock().unwrap_or_else(PoisonError::into_inner).contains(&pair) {
            return Ok(true);
        }
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let recorded = match &mut *recorded {
            Some(recorded) => recorded,
            unread @ None => unread.insert(images.recorded_pairs()?),
        };
        Ok(recorded.contains(&pair))
    }
}

impl Images {
    fn recorded_pairs(&self) -> Result<HashSet<Pair>, ImagesError> {
        let mut pairs = HashSet::new();
        for (image, [manifest, _]) in self.ways()? {
            // What is damaged proves nothing.
            let Ok(manifest) = parse::<Manifest>(&self.content, &digest(&manifest)?, "an image manifest")
            else {
                continue;
            };
            let layers = self.store.read::<_, StateError>(|t| t.layers_of_image(&image))?;
            let pair = |(blob, row): (_, corten_state::LayerRow)| (blob, row.diff_id);
            pairs.extend(manifest.layers.iter().map(|layer| layer.digest.to_string()).zip(layers).map(pair));
        }
        Ok(pairs)
    }
}
