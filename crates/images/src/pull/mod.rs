//! Pulls an image from a registry: its documents first, then its layers, which are unpacked while they arrive.
//!
//! All of it or none: rows appear in one transaction at the end. What has arrived when something fails stays, and is not fetched again
//! (see [`corten_content::Download`]). It does not speak the registry's protocol.

mod again;
mod arrivals;
mod documents;
mod fetch;
mod news;

use std::thread;

use corten_content::Arrived;
use corten_registry_client::Repository;
use corten_spec::digest::Digest;
use corten_spec::platform::Platform;
use corten_spec::reference::Reference;
use corten_state::{Durability, LayerRow};
use tokio::runtime::Handle;

use news::Narrator;
pub use news::{Audience, Step};

use crate::chain::chain_ids;
use crate::found::FoundImage;
use crate::lease::Lease;
use crate::record::record;
use crate::{Images, ImagesError};
use arrivals::Arrivals;

/// What to pull, and from where.
#[derive(Debug)]
pub struct PullRequest<'a> {
    /// The repository in its registry.
    pub repository: &'a Repository,
    /// What carries the registry's answers; not the calling thread, which blocks.
    pub handle: &'a Handle,
    /// The image's name, with a tag or a digest.
    pub reference: &'a Reference,
    /// The platform wanted; else that of this machine, or the only one there is.
    pub platform: Option<&'a Platform>,
}

/// A pulled image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The image's id.
    pub id: Digest,
    /// What its name stands for in the registry: a manifest, or an index that leads to it.
    pub digest: Digest,
    /// Whether the name stood for this very image before.
    pub is_up_to_date: bool,
}

impl Images {
    /// Pulls an image, and gives it its name and its name with the digest.
    ///
    /// When it returns, records, blobs and unpacked layers survive a loss of power.
    ///
    /// # Errors
    /// Whatever the registry refuses or gets wrong; an image that is for no wanted platform, or that cannot be unpacked; a full disk.
    pub fn pull(&self, request: &PullRequest<'_>, audience: &dyn Audience) -> Result<Pulled, ImagesError> {
        // First, so that the leftovers of a crash are not in the way; leftovers that resist are not this caller's concern.
        let _collected = self.collect();
        let lease = Lease::shared(&self.lease_path()?)?;
        let pulled = self.pull_leased(request, audience);
        drop(lease);
        let _collected = self.collect();
        pulled
    }

    fn pull_leased(&self, request: &PullRequest<'_>, audience: &dyn Audience) -> Result<Pulled, ImagesError> {
        let (found, mut arrived) = documents::fetch(&self.content, request)?;
        let provide = |image| match self.provide_from(request, image, audience) {
            // A loss of power spoiled what an earlier attempt had received: it has been forgotten.
            Err(ImagesError::Spoiled { .. }) => self.provide_from(request, image, audience),
            provided => provided,
        };
        let mut layers = Vec::new();
        for image in &found.images {
            let (rows, blobs) = provide(image)?;
            layers.push(rows);
            arrived.extend(blobs);
        }
        arrived.iter().try_for_each(Arrived::name)?;
        self.synchronise_blobs(&found)?;
        let origin = request.reference.clone().name_only().to_string();
        let loaded = self.store.write(Durability::Full, |t| {
            for layer in found.images.iter().flat_map(|image| &image.manifest.layers) {
                t.add_blob_origin(layer.digest.as_str(), &origin)?;
            }
            record(t, &found, &layers)
        })?;
        // Not before: a name that no image needs is collected, and then this is what is gone on from.
        arrived.into_iter().for_each(Arrived::settle);
        let digest = found.images[0].target.digest.clone();
        let name = request.reference.familiar();
        let is_up_to_date = loaded.unchanged.contains(&name);
        Ok(Pulled { id: loaded.id, digest, is_up_to_date })
    }

    /// Fetches and unpacks the layers; their rows, the lowest first, and the blobs that came now, without their names.
    fn provide_from(
        &self,
        request: &PullRequest<'_>,
        image: &FoundImage,
        audience: &dyn Audience,
    ) -> Result<(Vec<LayerRow>, Vec<Arrived>), ImagesError> {
        let is_known = self.store.read(|t| t.image(image.id().as_str()))?.is_some();
        let audience: &dyn Audience = &Narrator::new(audience, is_known);
        let mut wanted = Vec::new();
        let diff_ids = &image.config.rootfs.diff_ids;
        for ((layer, diff_id), chain_id) in
            image.manifest.layers.iter().zip(diff_ids).zip(chain_ids(diff_ids))
        {
            if self.is_dropped(&layer.digest, diff_id, &chain_id)? {
                audience.hear(&layer.digest, Step::There);
            } else {
                wanted.push(layer.clone());
            }
        }
        let arrivals = Arrivals::of(&self.content, &image.manifest.layers);
        let fetch = fetch::Fetch { content: &self.content, request, arrivals: &arrivals, audience };
        thread::scope(|scope| {
            let fetching = thread::Builder::new()
                .spawn_scoped(scope, || {
                    let fetched = fetch.all(&wanted);
                    // What has not begun by now never will, and is not to be waited for.
                    arrivals.give_up();
                    fetched
                })
                .map_err(ImagesError::Thread)?;
            let layers = self.provide_layers(image, u64::MAX, &arrivals, None);
            if layers.is_err() {
                arrivals.give_up();
            }
            let arrived = fetching.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            // Where both failed, unpacking did because the rest did not arrive.
            let (arrived, layers) = (arrived?, layers?);
            for layer in &image.manifest.layers {
                audience.hear(&layer.digest, Step::Complete);
            }
            Ok((layers, arrived))
        })
    }
}
