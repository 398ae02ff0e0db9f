//! The one door to the blobs of images: those that are here, and those that were dropped and can be had again.
//!
//! A layer that its manifest names by the digest of its tar is made again from the unpacked layer and its file index; any other blob is fetched
//! from a repository that gave it. A compressed layer is never compressed again: another version of the library would make other bytes.
//! It does not decide what is dropped; [`crate::spare`] does.

use std::fs::{File, FileTimes};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::time::SystemTime;

use corten_content::ContentError;
use corten_registry_client::Repository;
use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, Manifest};
use corten_spec::reference::Reference;
use corten_state::StateError;
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

impl OpenBlob {
    /// At most `length` bytes from `offset` on; fewer only at the end.
    pub(crate) fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match self.file.read_at(&mut bytes[filled..], offset + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
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
        let mut failure = ImagesError::Gone(blob.digest.clone());
        if let Some(layer) = self.layer_of_plain_blob(&blob.digest)? {
            match self.recreate_blob(&layer, &blob.digest) {
                Ok(file) => return Ok(OpenBlob { file, size: blob.size }),
                Err(source) => failure = self.not_made_again(&blob.digest, source),
            }
        }
        for origin in self.store.read::<_, StateError>(|t| t.origins_of_blob(blob.digest.as_str()))? {
            match self.refetch(blob, &origin, origins) {
                Ok(()) => return self.opened(blob),
                Err(source) => {
                    let (layer, image) = (blob.digest.clone(), self.image_with(&blob.digest));
                    failure = ImagesError::Refetch { layer, image, origin, source };
                }
            }
        }
        Err(failure)
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

    fn not_made_again(&self, blob: &Digest, source: ImagesError) -> ImagesError {
        let (layer, image) = (blob.clone(), self.image_with(blob));
        ImagesError::Recreate { layer, image, source: Box::new(source) }
    }

    /// What an image is called that has the blob; for an error alone, since it reads manifests.
    fn image_with(&self, blob: &Digest) -> String {
        let has = |manifest: &str| {
            let manifest = digest(manifest)
                .and_then(|digest| parse::<Manifest>(&self.content, &digest, "an image manifest"));
            manifest.is_ok_and(|manifest| manifest.layers.iter().any(|layer| layer.digest == *blob))
        };
        let read = self.store.read::<_, StateError>(|t| {
            let mut read = Vec::new();
            for tag in t.tags()? {
                let images = t.images_of_tag(&tag.reference)?;
                read.extend(images.into_iter().map(|image| (tag.reference.clone(), image.manifest_digest)));
            }
            read.extend(t.images()?.into_iter().map(|image| (image.id, image.manifest_digest)));
            Ok(read)
        });
        // Without a name, the error still tells of the blob.
        let found = read.unwrap_or_default().into_iter().find(|(_, manifest)| has(manifest));
        found.map_or_else(|| "unknown".to_owned(), |(name, _)| name)
    }
}
