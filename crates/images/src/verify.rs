//! Whether what the records of images and layers name is there, and the other way round.
//!
//! It mends nothing, and does not read blobs to the end: a blob's length tells what a loss of power or a full disk does to it.

use std::collections::HashSet;
use std::fs;

use corten_content::ContentError;
use corten_spec::digest::Digest;
use corten_spec::image::Manifest;
use corten_state::{ImageRow, LayerRow, StateError};

use crate::documents::parse;
use crate::layer_index;
use crate::lease::Lease;
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

impl Images {
    /// Looks at every image and layer; with `contents`, reads all files of the layers, too.
    ///
    /// # Errors
    /// When the database or a directory cannot be read.
    pub fn flaws(&self, contents: bool) -> Result<Vec<Flaw>, ImagesError> {
        let mut flaws = Vec::new();
        for image in self.store.read::<_, StateError>(|t| t.images())? {
            self.verify_blobs(&image, &mut flaws);
        }
        let rows = self.store.read::<_, StateError>(|t| t.layers())?;
        for row in rows.iter().filter(|row| !self.layer_path(&row.id).is_dir()) {
            let detail = "its directory is missing: load the images that stand on it again".to_owned();
            flaws.push(Flaw { kind: "image layer", object: row.id.clone(), detail });
        }
        if contents {
            for row in rows.iter().filter(|row| self.layer_path(&row.id).is_dir()) {
                flaws.extend(self.flaw_of_layer(row));
            }
        }
        for name in self.unrecorded_layers()? {
            let detail = "no layer on record has this directory or file index".to_owned();
            flaws.push(Flaw { kind: "orphaned layer", object: name, detail });
        }
        Ok(flaws)
    }

    /// What has changed in an unpacked layer, or why that cannot be told.
    fn flaw_of_layer(&self, row: &LayerRow) -> Option<Flaw> {
        let detail = match self.why_not_again(row) {
            Ok(None) => match self.verify_layer(row) {
                Ok(()) => return None,
                Err(error) => corten_error::chain(&error),
            },
            // That is no flaw, but nothing is known of it either.
            Ok(Some(reason)) => format!("its files cannot be verified: {reason}"),
            Err(error) => corten_error::chain(&error),
        };
        Some(Flaw { kind: "layer contents", object: row.id.clone(), detail })
    }

    /// Directories without a record; none are told of while somebody may be about to record them.
    fn unrecorded_layers(&self) -> Result<Vec<String>, ImagesError> {
        let Some(_lease) = Lease::try_exclusive(&self.lease_path()?)? else { return Ok(Vec::new()) };
        let rows = self.store.read::<_, StateError>(|t| t.layers())?;
        let known: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let failed = || ImagesError::file("list", &self.layers);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.layers).map_err(failed())? {
            let name = entry.map_err(failed())?.file_name().to_string_lossy().into_owned();
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

    /// The manifest is read and verified, what it names is measured.
    fn verify_blobs(&self, image: &ImageRow, flaws: &mut Vec<Flaw>) {
        let damaged = |error: &ImagesError| Flaw {
            kind: "image blob",
            object: image.id.clone(),
            detail: format!("{}: load the image again", corten_error::chain(error)),
        };
        let manifest: Result<Manifest, ImagesError> = image
            .manifest_digest
            .parse::<Digest>()
            .map_err(|_| ImagesError::Lacks(image.manifest_digest.clone()))
            .and_then(|digest| parse(&self.content, &digest, "an image manifest"));
        let manifest = match manifest {
            Ok(manifest) => manifest,
            Err(error) => return flaws.push(damaged(&error)),
        };
        for blob in std::iter::once(&manifest.config).chain(&manifest.layers) {
            match self.content.size(&blob.digest) {
                Ok(size) if size == blob.size => {}
                Ok(size) => {
                    let detail = format!(
                        "it has {size} bytes instead of {}: load image {} again",
                        blob.size, image.id
                    );
                    flaws.push(Flaw { kind: "image blob", object: blob.digest.to_string(), detail });
                }
                // It was dropped, to be had again when it is needed.
                Err(ContentError::Absent { .. }) if self.has_way_back(&blob.digest) => {}
                Err(error) => flaws.push(damaged(&error.into())),
            }
        }
    }
}
