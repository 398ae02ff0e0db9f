//! Takes away layers and blobs that nothing needs: after a removal, after a failed load, after a crash.
//!
//! It does not decide that an image is needed no more; and it never takes what somebody else is about to record.

use std::collections::HashSet;
use std::fs;
use std::os::fd::OwnedFd;
use std::time::{Duration, SystemTime};

use corten_spec::digest::Digest;
use corten_spec::image::{Index, Manifest, media_type};
use corten_state::{Durability, ImageRow, StateError};
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::documents::parse;
use crate::lease::Lease;
use crate::staging::{PREFIX, Staging};
use crate::{Images, ImagesError};

/// How long what has arrived of a blob is kept for whoever goes on with it.
const ABANDONED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Images {
    /// Removes unused layers and blobs; false, and nothing happens, while somebody is adding some.
    ///
    /// # Errors
    /// The database, a damaged manifest, a file that cannot be removed.
    pub fn collect(&self) -> Result<bool, ImagesError> {
        let Some(lease) = Lease::try_exclusive(&self.lease_path()?)? else { return Ok(false) };
        let unused = self.store.read::<_, StateError>(|t| t.unused_layers())?;
        if !unused.is_empty() {
            self.store.write::<_, StateError>(Durability::Normal, |t| {
                // Again, and from here: a container may have come to stand on one of them.
                t.unused_layers()?.iter().try_for_each(|layer| t.remove_layer(&layer.id).map(drop))
            })?;
        }
        let images = self.store.read::<_, StateError>(|t| t.images())?;
        let doomed = self.doom_layers()?;
        // A document that cannot be read hides what it needs: then no blob goes, but layers do.
        let blobs = self.collect_blobs(&images).and_then(|()| self.collect_partials());
        // Emptying them takes a while, and they have lost their names: those who wait may go on.
        drop(lease);
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let layers: OwnedFd = openat(CWD, &self.layers, flags, Mode::empty())
            .map_err(ImagesError::file("open", &self.layers))?;
        for name in doomed {
            corten_tree::remove(&layers, &name)
                .map_err(|source| ImagesError::Unused { path: self.layers.clone(), source })?;
        }
        blobs.map(|()| true)
    }

    fn collect_blobs(&self, images: &[ImageRow]) -> Result<(), ImagesError> {
        let mut needed = HashSet::new();
        for image in images {
            let digests = [&image.id, &image.manifest_digest, &image.target_digest];
            needed.extend(digests.into_iter().filter_map(|digest| digest.parse::<Digest>().ok()));
            self.need(&image.target_digest, &image.target_media_type, &mut needed)?;
            self.need(&image.manifest_digest, media_type::OCI_MANIFEST, &mut needed)?;
        }
        for digest in self.content.list()? {
            if !needed.contains(&digest) {
                self.content.remove(&digest)?;
            }
        }
        Ok(())
    }

    /// Removes what was left of downloads that nobody has gone on with for long.
    fn collect_partials(&self) -> Result<(), ImagesError> {
        let now = SystemTime::now();
        for partial in self.content.partials()? {
            // One from the future is young.
            if now.duration_since(partial.modified).is_ok_and(|age| age > ABANDONED) {
                self.content.remove_partial(&partial.digest)?;
            }
        }
        Ok(())
    }

    /// Adds what a document refers to: all indexes below an index, the configuration and layers of a manifest. The
    /// manifests of an index are left out: those of other platforms are not kept.
    fn need(&self, digest: &str, kind: &str, needed: &mut HashSet<Digest>) -> Result<(), ImagesError> {
        let Ok(digest) = digest.parse::<Digest>() else { return Ok(()) };
        if !self.content.has(&digest)? {
            return Ok(());
        }
        if media_type::is_index(kind) {
            let index: Index = parse(&self.content, &digest, "an image index")?;
            for inner in index.manifests.iter().filter(|inner| media_type::is_index(&inner.media_type)) {
                // Each index once: documents cannot contain their own digest, but many may name the same.
                if needed.insert(inner.digest.clone()) {
                    self.need(inner.digest.as_str(), &inner.media_type, needed)?;
                }
            }
        } else {
            let manifest: Manifest = parse(&self.content, &digest, "an image manifest")?;
            needed.insert(manifest.config.digest);
            needed.extend(manifest.layers.into_iter().map(|layer| layer.digest));
        }
        Ok(())
    }

    /// Takes their names from directories without a row; what to remove.
    fn doom_layers(&self) -> Result<Vec<String>, ImagesError> {
        let rows = self.store.read::<_, StateError>(|t| t.layers())?;
        let known: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let mut doomed = Vec::new();
        let failed = || ImagesError::file("list", &self.layers);
        for entry in fs::read_dir(&self.layers).map_err(failed())? {
            let name = entry.map_err(failed())?.file_name().to_string_lossy().into_owned();
            if name.starts_with(PREFIX) {
                doomed.push(name);
            } else if !name.starts_with('.') && !known.contains(name.as_str()) {
                doomed.push(self.doom(&name)?);
            }
        }
        Ok(doomed)
    }

    /// Renames a layer to a name that stands for nothing.
    fn doom(&self, name: &str) -> Result<String, ImagesError> {
        let fresh = Staging::fresh_name(&self.layers)?;
        let from = self.layers.join(name);
        fs::rename(&from, self.layers.join(&fresh)).map_err(ImagesError::file("rename", from))?;
        Ok(fresh)
    }
}
