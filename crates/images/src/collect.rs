//! Takes away layers and blobs that nothing needs: after a removal, after a failed load, after a crash.
//!
//! It does not decide that an image is needed no more; and it never takes what somebody else is about to record.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, Manifest};
use corten_state::{Durability, StateError};
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::companions::companions;
use crate::documents::parse;
use crate::image::digest;
use crate::layer_index;
use crate::lease::Lease;
use crate::staging::{PREFIX, Staging};
use crate::{Images, ImagesError, referrers};

/// How long what has arrived of a blob is kept for whoever goes on with it.
const ABANDONED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How many layers are removed at once.
const REMOVERS: usize = 4;

impl Images {
    /// Removes unused layers and blobs; false, and nothing happens, while somebody is adding some.
    ///
    /// # Errors
    /// The database, a damaged manifest, a file that cannot be removed.
    pub fn collect(&self) -> Result<bool, ImagesError> {
        let Some(lease) = Lease::try_exclusive(&self.lease_path()?)? else { return Ok(false) };
        // An image whose record may come back keeps what it needs.
        self.store.dispel_doubt()?;
        // First, for they make room for what is written then. A document that cannot be read hides what it needs: then no blob goes,
        // but layers do.
        let blobs = self.collect_blobs().and_then(|()| self.collect_partials());
        let unused = self.store.read::<_, StateError>(|t| t.unused_layers())?;
        if !unused.is_empty() {
            self.store.write::<_, StateError>(Durability::Normal, |t| {
                // Again, and from here: a container may have come to stand on one of them.
                t.unused_layers()?.iter().try_for_each(|layer| t.remove_layer(&layer.id).map(drop))
            })?;
        }
        let doomed = self.doom_layers()?;
        // Emptying them takes a while, and they have lost their names: those who wait may go on.
        // On a full disk there may be no room for the file; then whoever checks takes them for left behind.
        let _removal = Lease::shared(&self.removal_path()).ok();
        drop(lease);
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let layers: OwnedFd = openat(CWD, &self.layers, flags, Mode::empty())
            .map_err(ImagesError::file("open", &self.layers))?;
        self.remove_layers(&layers, &doomed)?;
        blobs.map(|()| true)
    }

    /// Several at once: whoever removes a file waits for the disk more than anything else.
    fn remove_layers(&self, layers: &OwnedFd, doomed: &[String]) -> Result<(), ImagesError> {
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(name) = doomed.get(next.fetch_add(1, Ordering::Relaxed)) {
                corten_tree::remove(layers, name)
                    .map_err(|source| ImagesError::Unused { path: self.layers.clone(), source })?;
            }
            Ok(())
        };
        thread::scope(|scope| {
            // Where there can be no more threads (a limit on processes), those that there are do the work.
            let others: Vec<_> = (1..REMOVERS.min(doomed.len()))
                .filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            let own = work();
            let join = |other: thread::ScopedJoinHandle<'_, _>| {
                other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            others.into_iter().map(join).fold(own, Result::and)
        })
    }

    fn collect_blobs(&self) -> Result<(), ImagesError> {
        let mut needed = self.needed_blobs()?;
        let referrers = self.referrers_of(&needed)?;
        needed.extend(referrers::blobs(&self.content, referrers.iter().map(|referrer| &referrer.digest))?);
        self.forget_referrers(&needed)?;
        for digest in self.content.list()? {
            if !needed.contains(&digest) {
                self.content.remove(&digest)?;
            }
        }
        self.forget_origins(|blob| needed.contains(blob))
    }

    /// The blobs of all images, in each of the ways in which they came, and what came along.
    fn needed_blobs(&self) -> Result<HashSet<Digest>, ImagesError> {
        let mut needed = HashSet::new();
        for ((target, media_type), manifests) in self.targets()? {
            for manifest in &manifests {
                self.need(manifest, &mut needed)?;
            }
            let target = Descriptor::new(&media_type, target, 0);
            let companions = companions(&self.content, &target, &manifests.iter().collect())?;
            needed.extend(companions);
            needed.extend(manifests);
            needed.insert(target.digest);
        }
        Ok(needed)
    }

    /// What images came as (digest and media type), with the manifests of those that are here.
    fn targets(&self) -> Result<BTreeMap<(Digest, String), Vec<Digest>>, ImagesError> {
        let (images, named) = self.store.read::<_, StateError>(|t| Ok((t.images()?, t.named_images()?)))?;
        let images =
            images.into_iter().map(|row| (row.target_digest, row.target_media_type, row.manifest_digest));
        let named =
            named.into_iter().map(|row| (row.target_digest, row.target_media_type, row.manifest_digest));
        let mut targets: BTreeMap<_, Vec<Digest>> = BTreeMap::new();
        for (target, media_type, manifest) in images.chain(named) {
            targets.entry((digest(&target)?, media_type)).or_default().push(digest(&manifest)?);
        }
        Ok(targets)
    }

    /// Adds what a manifest refers to: the configuration and layers.
    fn need(&self, manifest: &Digest, needed: &mut HashSet<Digest>) -> Result<(), ImagesError> {
        // Of what is missing, what it refers to cannot be known.
        if self.content.has(manifest)? {
            let manifest: Manifest = parse(&self.content, manifest, "an image manifest")?;
            needed.insert(manifest.config.digest);
            needed.extend(manifest.layers.into_iter().map(|layer| layer.digest));
        }
        Ok(())
    }

    /// Removes what was left of downloads that nobody has gone on with for long, or that came to their end: the blob is here, and needed.
    fn collect_partials(&self) -> Result<(), ImagesError> {
        let now = SystemTime::now();
        for partial in self.content.partials()? {
            // One from the future is young.
            let is_abandoned = now.duration_since(partial.modified).is_ok_and(|age| age > ABANDONED);
            if is_abandoned || self.content.has(&partial.digest)? {
                self.content.remove_partial(&partial.digest)?;
            }
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
        for name in layer_index::names(&self.layers)? {
            if !known.contains(name.as_str()) {
                layer_index::remove(&self.layers, &name)?;
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
