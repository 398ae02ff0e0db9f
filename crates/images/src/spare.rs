//! Drops blobs that can be had again: layers that are unpacked anyway, whose blobs are only needed to push or save them.
//!
//! First those that are made again from the unpacked layer, since that needs no network, then those that a repository gave; of each, the one that was
//! used longest ago. It never drops a blob that is made again without having made it once more, and nothing while somebody holds a lease.
//! How much is to be dropped is the caller's.

use std::time::SystemTime;

use corten_spec::digest::Digest;
use corten_state::{LayerRow, StateError};

use crate::found::Found;
use crate::lease::Lease;
use crate::{Images, ImagesError};

/// What was dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The blobs.
    pub blobs: Vec<Digest>,
    /// The bytes that they took on the disk.
    pub reclaimed: u64,
}

/// A blob that can be had again.
struct Spare {
    blob: Digest,
    disk: u64,
    used: SystemTime,
    /// What makes it again; else a repository gives it.
    layer: Option<LayerRow>,
}

impl Images {
    /// Drops blobs until they took `excess` bytes, or until there are no more that can be had again; `None`, and nothing happens, while
    /// somebody adds or reads some.
    ///
    /// # Errors
    /// The database, a file that cannot be removed.
    pub fn drop_blobs(&self, excess: u64) -> Result<Option<Dropped>, ImagesError> {
        let mut chosen = Vec::new();
        let mut reclaimed = 0;
        for spare in self.spares()? {
            if reclaimed >= excess {
                break;
            }
            // Before there is a lock that others wait for: it takes a while. What has changed is `system check`'s to tell.
            if spare.layer.as_ref().is_none_or(|layer| self.verify_layer(layer).is_ok()) {
                reclaimed += spare.disk;
                chosen.push(spare);
            }
        }
        let Some(_lease) = Lease::try_exclusive(&self.lease_path()?)? else { return Ok(None) };
        let mut dropped = Dropped::default();
        for Spare { blob, disk, .. } in chosen {
            // Since it was chosen, an image may have been removed, and with it what would give the blob again.
            if self.way_back(&blob)?.is_some() && self.content.remove(&blob)? {
                dropped.reclaimed += disk;
                dropped.blobs.push(blob);
            }
        }
        Ok(Some(dropped))
    }

    /// Blobs that can be had again, those that are to go first first.
    fn spares(&self) -> Result<Vec<Spare>, ImagesError> {
        let mut spares = Vec::new();
        for usage in self.content.usage()? {
            if let Some(layer) = self.way_back(&usage.digest)? {
                spares.push(Spare { blob: usage.digest, disk: usage.disk, used: usage.used, layer });
            }
        }
        spares.sort_by_key(|spare| (spare.layer.is_none(), spare.used));
        Ok(spares)
    }

    /// Whether a blob can be had again: from a layer, or (`Some(None)`) from a repository.
    pub(crate) fn way_back(&self, blob: &Digest) -> Result<Option<Option<LayerRow>>, ImagesError> {
        if let Some(layer) = self.layer_of_plain_blob(blob)? {
            return Ok(Some(Some(layer)));
        }
        let origins = self.store.read::<_, StateError>(|t| t.origins_of_blob(blob.as_str()))?;
        Ok((!origins.is_empty()).then_some(None))
    }

    /// Whether a blob is here, or can be had again.
    pub(crate) fn can_be_had(&self, blob: &Digest) -> Result<bool, ImagesError> {
        Ok(self.content.has(blob)? || self.way_back(blob)?.is_some())
    }

    /// Whether a layer's blob is not here, and need not be: its layer is unpacked for such a chain, and it can be had again.
    pub(crate) fn is_dropped(
        &self,
        blob: &Digest,
        diff_id: &Digest,
        chain_id: &Digest,
    ) -> Result<bool, ImagesError> {
        if self.content.has(blob)? || self.way_back(blob)?.is_none() {
            return Ok(false);
        }
        Ok(self.standing(diff_id, chain_id)?.is_some())
    }

    /// Returns once the blobs of an image that are here would survive a loss of power.
    pub(crate) fn synchronise_blobs(&self, found: &Found) -> Result<(), ImagesError> {
        let mut here = Vec::new();
        for blob in found.blobs() {
            // One that is missing for no reason is an error of the next step.
            if self.content.has(blob)? || self.way_back(blob)?.is_none() {
                here.push(blob);
            }
        }
        Ok(self.content.sync(here)?)
    }

    /// Forgets the origins of blobs that no image needs.
    pub(crate) fn forget_origins(&self, is_needed: impl Fn(&Digest) -> bool) -> Result<(), ImagesError> {
        let known = self.store.read::<_, StateError>(|t| t.blobs_with_origin())?;
        let needed = |blob: &String| blob.parse().is_ok_and(|blob| is_needed(&blob));
        let stale: Vec<String> = known.into_iter().filter(|blob| !needed(blob)).collect();
        if stale.is_empty() {
            return Ok(());
        }
        let forget =
            |t: &corten_state::Writer<'_>| stale.iter().try_for_each(|blob| t.forget_blob_origins(blob));
        Ok(self.store.write::<_, StateError>(corten_state::Durability::Normal, forget)?)
    }
}
