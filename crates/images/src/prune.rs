//! Removes the images that nobody needs: those without a tag, or all that no container stands on.
//!
//! Docker takes names away one by one, also those of an image that a container keeps in the end; here such an image keeps its
//! names.

use std::collections::{BTreeMap, BTreeSet};

use corten_spec::digest::Digest;
use corten_spec::image::ImageConfig;
use corten_spec::time::Timestamp;
use corten_state::{Durability, ImageRow, StateError, Writer};

use crate::documents::from_bytes;
use crate::filter::{Filter, OF_PRUNING};
use crate::image::{digest, references};
use crate::remove::Removal;
use crate::{Images, ImagesError, Removed};

/// What a pruning did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The images that are gone, and what became of their names and layers.
    pub images: Vec<(Digest, Vec<Removed>)>,
    /// Bytes of files in layers that nothing has any more.
    pub reclaimed: u64,
}

impl Images {
    /// Removes images that no container stands on: those without a tag, or with the filter `dangling=false` all. Other filters
    /// are `label`, `label!` and `until`, whose durations are before `now`.
    ///
    /// # Errors
    /// [`ImagesError::Filter`], [`ImagesError::SeveralUntil`], [`ImagesError::Until`], the database. What was removed before
    /// stays removed.
    pub fn prune(
        &self,
        filters: &BTreeMap<String, Vec<String>>,
        now: Timestamp,
    ) -> Result<Pruned, ImagesError> {
        let filter = self.store.read(|t| Filter::parse(t, filters, OF_PRUNING, now))?;
        let mut pruned = Pruned::default();
        // One transaction each: others need not wait for all.
        for image in self.store.read::<_, StateError>(|t| t.images())? {
            let removed = self.store.write(Durability::Full, |t| prune_one(t, &image.id, &filter))?;
            if let Some((removed, reclaimed)) = removed {
                pruned.images.push((digest(&image.id)?, removed));
                pruned.reclaimed += reclaimed;
            }
        }
        // What resists is found by whoever asks for a collection.
        let _collected = self.collect();
        Ok(pruned)
    }
}

/// Removes an image if it is to go: what that did, and the bytes of layers that are not needed any more.
fn prune_one(t: &Writer<'_>, id: &str, filter: &Filter) -> Result<Option<(Vec<Removed>, u64)>, ImagesError> {
    let Some(image) = t.image(id)? else { return Ok(None) };
    if !t.containers_using_image(id)?.is_empty() || !goes(t, &image, filter)? {
        return Ok(None);
    }
    let layers: BTreeSet<String> = t.layers_of_image(id)?.into_iter().map(|layer| layer.id).collect();
    let (lost, removed) = (BTreeSet::new(), Vec::new());
    let mut removal = Removal { t, image, force: false, running: &[], lost, removed };
    removal.delete()?;
    let unused = t.unused_layers()?.into_iter().filter(|layer| layers.contains(&layer.id));
    Ok(Some((removal.removed, unused.map(|layer| layer.size).sum())))
}

fn goes(t: &Writer<'_>, image: &ImageRow, filter: &Filter) -> Result<bool, ImagesError> {
    let config: ImageConfig = from_bytes(&image.config, &image.id, "an image configuration")?;
    let tagged = references(t, &image.id)?.iter().any(|name| name.digest().is_none());
    Ok((!tagged || filter.dangling == Some(false)) && filter.accepts(image.created_at, &config))
}
