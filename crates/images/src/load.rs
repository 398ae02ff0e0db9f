//! Loads the images of an archive.
//!
//! All of them or none: rows appear in one transaction at the end, and what was taken in for nothing is collected.

use std::io::Read;
use std::thread;

use corten_spec::digest::Digest;
use corten_spec::platform::Platform;
use corten_spec::time::Timestamp;
use corten_state::{Durability, ImageRow, LayerRow, Writer};

use crate::compression::decoder;
use crate::found::Found;
use crate::growth::Growth;
use crate::intake::Intake;
use crate::lease::Lease;
use crate::{Images, ImagesError, docker_archive, oci_layout};

/// What to load.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The platform wanted; else that of this machine, or the only one there is.
    pub platform: Option<Platform>,
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
        let loaded = self.load_leased(archive, options.platform.as_ref());
        drop(lease);
        let _collected = self.collect();
        loaded
    }

    fn load_leased(
        &self,
        archive: impl Read + Send,
        wanted: Option<&Platform>,
    ) -> Result<Vec<Loaded>, ImagesError> {
        let growth = Growth::of(0);
        let (reader, _) = decoder(growth.count_packed(archive), || "the archive".to_owned())?;
        let intake = Intake::take(growth.count_unpacked(reader), &self.content)?;
        let found = if intake.document("oci-layout").is_some() {
            oci_layout::find(&intake, &self.content, wanted)?
        } else {
            docker_archive::find(&intake, &self.content, wanted)?
        };
        // The disk takes the blobs while the processors unpack them.
        let layers = thread::scope(|scope| {
            let synchronised = thread::Builder::new()
                .spawn_scoped(scope, || self.content.sync(found.iter().flat_map(Found::blobs)))
                .map_err(ImagesError::Thread)?;
            let provide = |image| self.provide_layers(image, growth.packed(), &self.content);
            let layers = found.iter().map(provide).collect::<Result<Vec<_>, _>>();
            synchronised.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            layers
        })?;
        self.store.write(Durability::Full, |t| {
            found.iter().zip(&layers).map(|(image, layers)| record(t, image, layers)).collect()
        })
    }
}

/// Writes down an image whose layers are there.
pub(crate) fn record(t: &Writer<'_>, image: &Found, layers: &[LayerRow]) -> Result<Loaded, ImagesError> {
    let id = image.id().clone();
    let row = ImageRow {
        id: id.to_string(),
        manifest_digest: image.manifest_digest.to_string(),
        target_digest: image.target.digest.to_string(),
        target_media_type: image.target.media_type.clone(),
        created_at: image.config.created.unwrap_or(Timestamp::ZERO),
        size: layers.iter().map(|layer| layer.size).sum(),
        config: image.raw_config.clone(),
    };
    let layers: Vec<String> = layers.iter().map(|layer| layer.id.clone()).collect();
    t.insert_image(&row, &layers)?;
    let mut loaded = Loaded { id, references: Vec::new(), displaced: Vec::new(), unchanged: Vec::new() };
    for name in &image.names {
        let before = t.set_tag(&name.to_string(), &row.id)?;
        if before.as_ref() == Some(&row.id) {
            loaded.unchanged.push(name.familiar());
        }
        let displaced = before.filter(|before| *before != row.id).and_then(|before| before.parse().ok());
        loaded.displaced.extend(displaced.map(|before| (name.familiar(), before)));
        loaded.references.push(name.familiar());
    }
    Ok(loaded)
}
