//! Loads the images of an archive.
//!
//! All of them or none: rows appear in one transaction at the end, and what was taken in for nothing is collected.

use std::io::Read;
use std::thread;

use corten_spec::digest::Digest;
use corten_spec::image::{Manifest, media_type};
use corten_spec::platform::Platform;
use corten_state::{Durability, StateError};

use crate::compression::decoder;
use crate::documents::parse;
use crate::found::{Found, FoundImage, Target};
use crate::growth::Growth;
use crate::image::digest;
use crate::intake::Intake;
use crate::lease::Lease;
use crate::proven::Proven;
use crate::record::record;
use crate::{Images, ImagesError, docker_archive, oci_layout};

/// What to load.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The platforms wanted, each of which has to be there; with none, all that are there whole.
    pub platforms: Vec<Platform>,
}

/// A loaded image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The image's id.
    pub id: Digest,
    /// Its names in the archive, as short as they can be said: `alpine:3.20`.
    pub references: Vec<String>,
    /// Names that stood for another image before, with that image's id.
    pub displaced: Vec<(String, Digest)>,
    /// Which of the names stood for this image before.
    pub unchanged: Vec<String>,
}

impl Images {
    /// Loads the images of an OCI image layout or docker-archive, plain or gzip, from a stream that is read once.
    ///
    /// When it returns, records, blobs and unpacked layers survive a loss of power.
    ///
    /// # Errors
    /// Whatever is wrong with the archive; nothing of it is kept then.
    pub fn load(&self, archive: impl Read + Send, options: &LoadOptions) -> Result<Vec<Loaded>, ImagesError> {
        // First, so that the leftovers of a crash are not in the way. Leftovers that resist are not this caller's
        // concern: who asks for a collection hears of them.
        let _collected = self.collect();
        let lease = Lease::shared(&self.lease_path()?)?;
        let loaded = self.load_leased(archive, &options.platforms);
        drop(lease);
        let _collected = self.collect();
        loaded
    }

    fn load_leased(
        &self,
        archive: impl Read + Send,
        wanted: &[Platform],
    ) -> Result<Vec<Loaded>, ImagesError> {
        let growth = Growth::of(0);
        let (reader, _) = decoder(growth.count_packed(archive), || "the archive".to_owned())?;
        let intake = Intake::take(growth.count_unpacked(reader), &self.content)?;
        let (found, referrers) = if intake.document("oci-layout").is_some() {
            oci_layout::find(&intake, &self.content, wanted)?
        } else {
            let mut found = docker_archive::find(&intake, &self.content, wanted)?;
            found.iter_mut().flat_map(|found| &mut found.images).try_for_each(|image| self.recall(image))?;
            (found, Vec::new())
        };
        let attached: Vec<Digest> =
            referrers.iter().map(|row| digest(&row.digest)).collect::<Result<_, _>>()?;
        let attached = crate::referrers::blobs(&self.content, &attached)?;
        let proven = Proven::default();
        // The disk takes the blobs while the processors unpack them.
        let layers = thread::scope(|scope| {
            let synchronised = thread::Builder::new()
                .spawn_scoped(scope, || {
                    self.content.sync(found.iter().flat_map(Found::blobs).chain(&attached))
                })
                .map_err(ImagesError::Thread)?;
            let provide = |found: &Found| {
                let images = found.images.iter();
                let layers =
                    |image| self.provide_layers(image, growth.packed(), &self.content, Some(&proven));
                images.map(layers).collect()
            };
            let layers = found.iter().map(provide).collect::<Result<Vec<Vec<_>>, _>>();
            synchronised.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            layers
        })?;
        self.store.write(Durability::Full, |t| {
            referrers.iter().try_for_each(|row| t.add_referrer(row))?;
            found.iter().zip(&layers).map(|(found, layers)| record(t, found, layers)).collect()
        })
    }

    /// An archive without manifests may hold an image that is here with its own, which is worth more than one made of the archive.
    fn recall(&self, image: &mut FoundImage) -> Result<(), ImagesError> {
        let row = self.store.read::<_, StateError>(|t| t.image(image.id().as_str()))?;
        let Some(row) = row else { return Ok(()) };
        let manifest = digest(&row.manifest_digest)?;
        let media_type =
            parse::<Manifest>(&self.content, &manifest, "an image manifest").map(|known| known.media_type);
        let Ok(media_type) = media_type else { return Ok(()) };
        let media_type = media_type.unwrap_or_else(|| media_type::OCI_MANIFEST.to_owned());
        let target = Target { digest: manifest.clone(), media_type, is_made: true };
        // What is damaged is replaced.
        if let Ok(known) = FoundImage::read_whole(&self.content, manifest, target) {
            *image = known;
        }
        Ok(())
    }
}
