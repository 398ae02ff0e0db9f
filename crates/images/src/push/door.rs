//! The bytes of a blob that is about to leave, from any place on, be it here or one that can be had again.

use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use corten_spec::image::Descriptor;
use corten_state::StateError;

use crate::blob::OpenBlob;
use crate::{Images, ImagesError, Origins};

/// What opening a blob takes.
pub(super) struct Opening {
    pub(super) images: Images,
    pub(super) origins: Arc<dyn Origins>,
}

/// An open blob.
#[derive(Debug)]
pub(super) struct Blob(Mutex<OpenBlob>);

/// Whether [`Opening::open`] will give it, as far as that can be known beforehand.
pub(super) fn is_there(images: &Images, blob: &Descriptor) -> Result<bool, ImagesError> {
    if images.content.has(&blob.digest)? || images.layer_of_plain_blob(&blob.digest)?.is_some() {
        return Ok(true);
    }
    let origins = images.store.read::<_, StateError>(|t| t.origins_of_blob(blob.digest.as_str()))?;
    Ok(!origins.is_empty())
}

impl Opening {
    /// A blob of an image that is here.
    ///
    /// # Errors
    /// As for [`Images::blob`].
    pub(super) fn open(&self, blob: &Descriptor) -> Result<Blob, ImagesError> {
        Ok(Blob(Mutex::new(self.images.blob(blob, &*self.origins)?)))
    }
}

impl Blob {
    /// At most `length` bytes from `offset` on; none only at the end.
    pub(super) fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut blob = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        blob.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::with_capacity(length);
        (&mut *blob).take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
