//! The one door to the blobs of images: those that are here, and those that were dropped and can be had again.
//!
//! It decides neither what is dropped nor which blobs an image has.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use corten_content::ContentError;
use corten_registry_client::Repository;
use corten_spec::image::Descriptor;
use corten_spec::reference::Reference;
use tokio::runtime::Handle;

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
    /// Opens a blob of an image. The bytes of one that is here are not verified again: whoever reads them to the end can. The caller keeps
    /// its image from being removed meanwhile.
    ///
    /// # Errors
    /// [`ImagesError::Gone`] for a blob that can be had nowhere, and why.
    pub fn blob(&self, blob: &Descriptor, _origins: &dyn Origins) -> Result<OpenBlob, ImagesError> {
        match self.content.reader(&blob.digest) {
            Ok(file) => Ok(OpenBlob { file, size: self.content.size(&blob.digest)? }),
            Err(ContentError::Absent { digest }) => Err(ImagesError::Gone(digest)),
            Err(error) => Err(error.into()),
        }
    }
}
