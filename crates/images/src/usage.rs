//! What images take on the disk: every block of layers, file indexes and blobs once, as `du` counts.
//!
//! An unpacked layer does not change, so it is measured once and the size kept in its record.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;
use std::path::Path;

use corten_spec::digest::Digest;
use corten_spec::image::Manifest;
use corten_spec::time::Timestamp;
use corten_state::{Durability, LayerRow, StateError};
use corten_tree::disk_usage;
use rustix::fs::{self, AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::documents::parse;
use crate::image::digest;
use crate::layer_index::{self, DIRECTORY};
use crate::{ImageSummary, Images, ImagesError};

/// What the images of a root take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreUsage {
    /// Bytes of everything below the directories of layers and of content.
    pub disk: u64,
    /// Each image.
    pub images: Vec<ImageUsage>,
}

/// What an image takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUsage {
    /// The image.
    pub summary: ImageSummary,
    /// Bytes of its unpacked layers with their indexes, and of its blobs that are here.
    pub disk: u64,
    /// Bytes of those that another image has, too.
    pub shared: u64,
}

/// Something that images share: a layer's id or a blob's digest.
type Part = String;

impl Images {
    /// Measures, as far as it is not known yet.
    ///
    /// # Errors
    /// The database, a directory that cannot be read.
    pub fn usage(&self, now: Timestamp) -> Result<StoreUsage, ImagesError> {
        let (disk, sizes) = self.measure()?;
        let mut images = Vec::new();
        let mut holders: HashMap<Part, u32> = HashMap::new();
        for summary in self.list(true, &std::collections::BTreeMap::new(), now)? {
            let parts = self.parts(&summary.id)?;
            parts.iter().for_each(|part| *holders.entry(part.clone()).or_default() += 1);
            images.push((summary, parts));
        }
        let size = |part: &Part| sizes.get(part).copied().unwrap_or(0);
        let of = |(summary, parts): (ImageSummary, Vec<Part>)| ImageUsage {
            summary,
            disk: parts.iter().map(size).sum(),
            shared: parts.iter().filter(|part| holders[*part] > 1).map(size).sum(),
        };
        Ok(StoreUsage { disk, images: images.into_iter().map(of).collect() })
    }

    /// Bytes of the files in those layers of each image that another image has, too, by the images' ids.
    ///
    /// # Errors
    /// The database.
    pub fn shared_sizes(&self) -> Result<HashMap<String, u64>, ImagesError> {
        let read = self.store.read::<_, StateError>(|t| {
            let images = t.images()?.into_iter();
            images.map(|image| Ok((t.layers_of_image(&image.id)?, image.id))).collect::<Result<Vec<_>, _>>()
        })?;
        let mut holders: HashMap<String, HashSet<&str>> = HashMap::new();
        for (layers, image) in &read {
            for layer in layers {
                holders.entry(layer.id.clone()).or_default().insert(image);
            }
        }
        let is_shared = |layer: &&LayerRow| holders[&layer.id].len() > 1;
        let shared = |layers: &[LayerRow]| layers.iter().filter(is_shared).map(|layer| layer.size).sum();
        Ok(read.iter().map(|(layers, image)| (image.clone(), shared(layers))).collect())
    }

    /// Bytes of everything below the directories of layers and of content.
    ///
    /// # Errors
    /// The database, a directory that cannot be read.
    pub fn disk_usage(&self) -> Result<u64, ImagesError> {
        self.measure().map(|(disk, _)| disk)
    }

    /// The bytes of all, and of each layer and blob.
    fn measure(&self) -> Result<(u64, HashMap<Part, u64>), ImagesError> {
        let mut sizes: HashMap<Part, u64> = HashMap::new();
        // With directories and with what has only begun to arrive.
        let mut disk = measured(self.layers.parent().unwrap_or(Path::new("/")), "content")?;
        sizes.extend(self.content.usage()?.into_iter().map(|blob| (blob.digest.to_string(), blob.disk)));
        let rows = self.store.read::<_, StateError>(|t| t.layers())?;
        for row in &rows {
            let size = self.layer_size(row)?;
            disk += size;
            sizes.insert(row.id.clone(), size);
        }
        let is_counted = |name: &str| name == DIRECTORY || sizes.contains_key(name);
        for name in names(&self.layers)?.iter().filter(|name| !is_counted(name)) {
            disk += measured(&self.layers, name)?;
        }
        for name in layer_index::names(&self.layers)?.iter().filter(|name| !sizes.contains_key(*name)) {
            disk += measured(&self.layers.join(DIRECTORY), name)?;
        }
        disk += alone(&self.layers)? + alone(&self.layers.join(DIRECTORY))?;
        Ok((disk, sizes))
    }

    fn layer_size(&self, row: &LayerRow) -> Result<u64, ImagesError> {
        if let Some(size) = self.store.read::<_, StateError>(|t| t.layer_disk_size(&row.id))? {
            return Ok(size);
        }
        let size = measured(&self.layers, &row.id)? + measured(&self.layers.join(DIRECTORY), &row.id)?;
        if size > 0 {
            // Where it cannot be kept (a full disk), it is measured again.
            let _kept = self
                .store
                .write::<_, StateError>(Durability::Normal, |t| t.set_layer_disk_size(&row.id, size));
        }
        Ok(size)
    }

    /// The layers and blobs of an image, each once.
    fn parts(&self, id: &Digest) -> Result<Vec<Part>, ImagesError> {
        let (image, layers) = self
            .store
            .read::<_, StateError>(|t| Ok((t.image(id.as_str())?, t.layers_of_image(id.as_str())?)))?;
        let mut parts: Vec<Part> = layers.into_iter().map(|layer| layer.id).collect();
        // Gone since it was listed.
        let Some(image) = image else { return Ok(parts) };
        parts.extend([image.id, image.target_digest]);
        // What a damaged manifest names is told by `system check`.
        let manifest = digest(&image.manifest_digest)
            .and_then(|manifest| parse::<Manifest>(&self.content, &manifest, "an image manifest"));
        let layers = manifest.into_iter().flat_map(|manifest| manifest.layers);
        parts.extend(layers.map(|layer| layer.digest.to_string()));
        parts.push(image.manifest_digest);
        parts.sort();
        parts.dedup();
        Ok(parts)
    }
}

/// What an object in a directory takes with all below it; nothing where there is none.
fn measured(directory: &Path, name: &str) -> Result<u64, ImagesError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened: OwnedFd = match fs::openat(CWD, directory, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(0),
        opened => opened.map_err(ImagesError::file("open", directory))?,
    };
    disk_usage(opened, name).map_err(|source| ImagesError::Measure { path: directory.join(name), source })
}

/// What a directory itself takes.
fn alone(directory: &Path) -> Result<u64, ImagesError> {
    match fs::statat(CWD, directory, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(u64::try_from(stat.st_blocks * 512).unwrap_or(0)),
        Err(Errno::NOENT) => Ok(0),
        Err(source) => Err(ImagesError::file("look at", directory)(source)),
    }
}

fn names(directory: &Path) -> Result<Vec<String>, ImagesError> {
    let failed = |error: std::io::Error| ImagesError::file("list", directory)(error);
    match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries
            .map_err(failed)?
            .map(|entry| Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned()))
            .collect(),
    }
}
