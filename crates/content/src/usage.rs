//! What blobs take on the disk, and when they were used last.
//!
//! It does not decide which of them are worth it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::time::SystemTime;

use corten_spec::digest::Digest;

use crate::store::errno;
use crate::{Content, ContentError};

/// A blob on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Which.
    pub digest: Digest,
    /// Bytes of the blocks that it takes.
    pub disk: u64,
    /// When it was taken in, or marked as used since.
    pub used: SystemTime,
}

impl Content {
    /// What every blob takes, in no order.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn usage(&self) -> Result<Vec<Usage>, ContentError> {
        let mut usage = Vec::new();
        for digest in self.list()? {
            let path = self.path(&digest);
            match fs::metadata(&path).and_then(|found| Ok((found.blocks() * 512, found.modified()?))) {
                Ok((disk, used)) => usage.push(Usage { digest, disk, used }),
                // It was removed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(ContentError::file("look at", path)(errno(&error))),
            }
        }
        Ok(usage)
    }
}
