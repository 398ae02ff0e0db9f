//! The one door to the blobs of images: those that are here, and those that were dropped and can be had again.
//!
//! A layer that its manifest names by the digest of its tar is made again from the unpacked layer and its file index; any other blob is fetched
//! from a repository that gave it. A compressed layer is never compressed again: another version of the library would make other bytes.
//! It does not decide what is dropped; [`crate::spare`] does.

use std::fs::{File, FileTimes};
use std::io::{self, Read, Seek, SeekFrom};
use std::time::SystemTime;

use corten_content::ContentError;
use corten_registry_client::Repository;
use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, Manifest};
use corten_spec::reference::Reference;
use corten_state::{ImageRow, StateError};
use tokio::runtime::Handle;

use crate::documents::parse;
use crate::image::digest;
use crate::{Images, ImagesError};

/// Why something outside of this crate did not work.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The way to the registries that blobs came from.
pub trait Origins: Send + Sync {
    /// A repository in its registry. The reference has neither tag nor digest.
    ///
    /// # Errors
    /// Settings that cannot be read, a name that no registry can have.
    fn repository(&self, name: &Reference) -> Result<Repository, Cause>;

    /// What carries the registry's answers; not the calling thread, which blocks.
    fn handle(&self) -> &Handle;
}

/// A blob, to be read from its first byte on. It stays readable whatever becomes of its name.
#[derive(Debug)]
pub struct OpenBlob {
    file: File,
    size: u64,
}

impl OpenBlob {
    /// Its length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Read for OpenBlob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for OpenBlob {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Images {
    /// Opens a blob of an image, which is made or fetched again if it was dropped. The bytes of one that is here are not verified again:
    /// whoever reads them to the end can. The caller keeps its image from being removed meanwhile.
    ///
    /// # Errors
    /// [`ImagesError::Gone`] for a blob that was never to be dropped, [`ImagesError::Recreate`] where the unpacked layer has changed,
    /// [`ImagesError::Refetch`] where no repository gives it any more.
    pub fn blob(&self, blob: &Descriptor, origins: &dyn Origins) -> Result<OpenBlob, ImagesError> {
        if let Some(file) = self.present(blob)? {
            return Ok(OpenBlob { file, size: blob.size });
        }
        let recreated = match self.layer_of_plain_blob(&blob.digest)? {
            Some(layer) => Some(self.recreate_blob(&layer, &blob.digest)),
            None => None,
        };
        if let Some(Ok(file)) = recreated {
            return Ok(OpenBlob { file, size: blob.size });
        }
        let names = self.store.read::<_, StateError>(|t| t.origins_of_blob(blob.digest.as_str()))?;
        let mut failure = match recreated {
            Some(Err(source)) => Err(self.not_again(&blob.digest, source)),
            _ => Err(ImagesError::Gone(blob.digest.clone())),
        };
        for name in names {
            match self.refetch(blob, &name, origins) {
                Ok(()) => return self.opened(blob),
                Err(source) => {
                    let (layer, image) = (blob.digest.clone(), self.images_with(&blob.digest));
                    failure = Err(ImagesError::Refetch { layer, image, origin: name, source: source.into() });
                }
            }
        }
        failure
    }

    /// Makes sure, as far as that can be known beforehand, that [`Self::blob`] will open the blob: one that only a repository has is fetched now.
    pub(crate) fn ready(&self, blob: &Descriptor, origins: &dyn Origins) -> Result<(), ImagesError> {
        if self.content.size_if_there(&blob.digest)?.is_some()
            || self.layer_of_plain_blob(&blob.digest)?.is_some()
        {
            return Ok(());
        }
        self.blob(blob, origins).map(drop)
    }

    fn opened(&self, blob: &Descriptor) -> Result<OpenBlob, ImagesError> {
        let file = self.present(blob)?.ok_or_else(|| ImagesError::Gone(blob.digest.clone()))?;
        Ok(OpenBlob { file, size: blob.size })
    }

    /// The blob, if it is here whole; from now on it is the one that was used last.
    fn present(&self, blob: &Descriptor) -> Result<Option<File>, ImagesError> {
        let file = match self.content.reader(&blob.digest) {
            Ok(file) => file,
            Err(ContentError::Absent { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if self.content.size(&blob.digest)? != blob.size {
            return Ok(None);
        }
        // That it is not noted costs no more than a blob that is dropped too early.
        let _noted = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
        Ok(Some(file))
    }

    fn not_again(&self, blob: &Digest, source: ImagesError) -> ImagesError {
        let (layer, image) = (blob.clone(), self.images_with(blob));
        ImagesError::Recreate { layer, image, source: Box::new(source) }
    }

    /// What the images are called that have the blob; for an error alone, since it reads their manifests.
    pub(crate) fn images_with(&self, blob: &Digest) -> String {
        let rows = self.store.read::<_, StateError>(|t| {
            t.images()?.into_iter().map(|image| Ok((t.tags_of_image(&image.id)?, image))).collect()
        });
        let rows: Vec<(Vec<String>, ImageRow)> = rows.unwrap_or_default();
        let has = |image: &ImageRow| {
            let manifest = digest(&image.manifest_digest)
                .and_then(|digest| parse::<Manifest>(&self.content, &digest, "an image manifest"));
            manifest.is_ok_and(|manifest| manifest.layers.iter().any(|layer| layer.digest == *blob))
        };
        let names = rows.into_iter().filter(|(_, image)| has(image));
        let names: Vec<_> =
            names.map(|(names, image)| names.into_iter().next().unwrap_or(image.id)).collect();
        names.join("`, `")
    }
}
