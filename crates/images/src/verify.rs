//! Whether what the records of images and layers name is there, and the other way round.
//!
//! It mends nothing, and does not read blobs to the end: a blob's length tells what a loss of power or a full disk does to it.

use std::collections::{BTreeSet, HashSet};
use std::fs;

use corten_content::ContentError;
use corten_spec::digest::Digest;
use corten_spec::image::{Index, Manifest};
use corten_state::{NamedImage, StateError};
use serde::de::DeserializeOwned;

use crate::documents::parse;
use crate::layer_index;
use crate::lease::Lease;
use crate::resolve::alone;
use crate::staging::PREFIX;
use crate::{Images, ImagesError};

/// Something that is missing, damaged or too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// A word or two.
    pub kind: &'static str,
    /// An image's id, a digest, a layer's id.
    pub object: String,
    /// What is wrong with it.
    pub detail: String,
}

/// What reading all files of unpacked layers has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifiedLayers {
    /// What has changed.
    pub flaws: Vec<Flaw>,
    /// Layers that cannot be verified, which is no flaw, and why.
    pub unverified: Vec<Flaw>,
}

impl Images {
    /// Looks at every image and layer. What is removed meanwhile has no flaws.
    ///
    /// # Errors
    /// When the database or a directory cannot be read.
    pub fn flaws(&self) -> Result<Vec<Flaw>, ImagesError> {
        let mut flaws = Vec::new();
        for way in self.ways()? {
            let (image, [manifest, target]) = &way;
            let mut found = Vec::new();
            self.verify_manifest(image, manifest, &mut found);
            if target != manifest {
                self.verify_index(image, target, &mut found);
            }
            if !found.is_empty() && self.ways()?.contains(&way) {
                flaws.append(&mut found);
            }
        }
        for row in self.store.read::<_, StateError>(|t| t.layers())? {
            if !self.layer_path(&row.id).is_dir()
                && self.store.read::<_, StateError>(|t| t.layers())?.contains(&row)
            {
                let detail = "its directory is missing: load the images that stand on it again".to_owned();
                flaws.push(Flaw { kind: "image layer", object: row.id, detail });
            }
        }
        for name in self.unrecorded_layers()? {
            let detail = "no layer on record has this directory or file index".to_owned();
            flaws.push(Flaw { kind: "orphaned layer", object: name, detail });
        }
        Ok(flaws)
    }

    /// Reads all files of all unpacked layers: which have changed, and of which layers that cannot be told.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn verify_layers(&self) -> Result<VerifiedLayers, ImagesError> {
        let mut verified = VerifiedLayers::default();
        for row in self.store.read::<_, StateError>(|t| t.layers())? {
            if !self.layer_path(&row.id).is_dir() {
                continue;
            }
            let flaw = |detail| Flaw { kind: "layer contents", object: row.id.clone(), detail };
            match self.why_not_again(&row) {
                Ok(Some(reason)) => verified.unverified.push(flaw(format!("not verified: {reason}"))),
                Ok(None) => {
                    let changed = self.verify_layer(&row).err();
                    verified.flaws.extend(changed.map(|error| flaw(corten_error::chain(&error))));
                }
                Err(error) => verified.flaws.push(flaw(corten_error::chain(&error))),
            }
        }
        Ok(verified)
    }

    /// Directories without a record; none are told of while somebody may be about to record or to remove them.
    fn unrecorded_layers(&self) -> Result<Vec<String>, ImagesError> {
        let Some(_lease) = Lease::try_exclusive(&self.lease_path()?)? else { return Ok(Vec::new()) };
        let is_removal_under_way = Lease::try_exclusive(&self.removal_path())?.is_none();
        let rows = self.store.read::<_, StateError>(|t| t.layers())?;
        let known: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let failed = || ImagesError::file("list", &self.layers);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.layers).map_err(failed())? {
            let name = entry.map_err(failed())?.file_name().to_string_lossy().into_owned();
            if name.starts_with(PREFIX) && is_removal_under_way {
                continue;
            }
            if name.starts_with(PREFIX) || (!name.starts_with('.') && !known.contains(name.as_str())) {
                names.push(name);
            }
        }
        names.extend(
            layer_index::names(&self.layers)?.into_iter().filter(|name| !known.contains(name.as_str())),
        );
        Ok(names)
    }

    fn has_way_back(&self, blob: &Digest) -> bool {
        self.way_back(blob).is_ok_and(|way| way.is_some())
    }

    /// Every image, with manifest and target of each of the ways in which it came.
    pub(crate) fn ways(&self) -> Result<BTreeSet<(String, [String; 2])>, ImagesError> {
        let (images, named) = self.store.read::<_, StateError>(|t| Ok((t.images()?, t.named_images()?)))?;
        let alone = images.into_iter().map(alone);
        let way = |way: NamedImage| (way.image_id, [way.manifest_digest, way.target_digest]);
        Ok(alone.chain(named).map(way).collect())
    }

    /// It is read and verified.
    fn verify_index(&self, image: &str, digest: &str, flaws: &mut Vec<Flaw>) {
        let index = self.document::<Index>(digest, "an image index");
        flaws.extend(index.err().map(|error| damaged(image, &error)));
    }

    fn document<T: DeserializeOwned>(&self, digest: &str, what: &'static str) -> Result<T, ImagesError> {
        parse(&self.content, &crate::image::digest(digest)?, what)
    }

    /// The manifest is read and verified, what it names is measured.
    fn verify_manifest(&self, image: &str, digest: &str, flaws: &mut Vec<Flaw>) {
        let manifest: Manifest = match self.document(digest, "an image manifest") {
            Ok(manifest) => manifest,
            Err(error) => return flaws.push(damaged(image, &error)),
        };
        for blob in std::iter::once(&manifest.config).chain(&manifest.layers) {
            match self.content.size(&blob.digest) {
                Ok(size) if size == blob.size => {}
                Ok(size) => {
                    let detail =
                        format!("it has {size} bytes instead of {}: load image {image} again", blob.size);
                    flaws.push(Flaw { kind: "image blob", object: blob.digest.to_string(), detail });
                }
                // It was dropped, to be had again when it is needed.
                Err(ContentError::Absent { .. }) if self.has_way_back(&blob.digest) => {}
                Err(error) => flaws.push(damaged(image, &error.into())),
            }
        }
    }
}

fn damaged(image: &str, error: &ImagesError) -> Flaw {
    let detail = format!("{}: load the image again", corten_error::chain(error));
    Flaw { kind: "image blob", object: image.to_owned(), detail }
}
