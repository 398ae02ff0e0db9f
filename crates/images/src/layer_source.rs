//! Where the bytes of layers come from: the content store, or a download that has not ended yet.

use std::io::Read;

use corten_content::Content;
use corten_spec::digest::Digest;

use crate::ImagesError;

/// Gives the blobs of an image's layers, each as often as it is asked for, to several threads at once.
pub(crate) trait LayerSource: Sync {
    /// Length of a blob in bytes.
    fn size(&self, blob: &Digest) -> Result<u64, ImagesError>;

    /// The blob from its first byte on.
    fn open(&self, blob: &Digest) -> Result<Box<dyn Read + Send>, ImagesError>;
}

impl LayerSource for Content {
    fn size(&self, blob: &Digest) -> Result<u64, ImagesError> {
        Ok(self.size(blob)?)
    }

    fn open(&self, blob: &Digest) -> Result<Box<dyn Read + Send>, ImagesError> {
        Ok(Box::new(self.reader(blob)?))
    }
}
