//! Taking in one blob.
//!
//! The file has no name until it is complete (`O_TMPFILE`), so whatever ends the process, nothing is left of it, and
//! there are no leftovers to tell from what another process is writing. Several may take in the same blob at once.
//!
//! Committing does not wait for the disk: see [`crate::Content::sync`].

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use corten_spec::digest::{Algorithm, Digest};
use rustix::fs::{self, AtFlags, CWD, Mode, OFlags, SeekFrom};
use rustix::io::Errno;

use crate::{ContentError, Hasher};

/// A blob that is being written. Dropped before [`Self::commit`], it leaves nothing.
#[derive(Debug)]
pub struct Ingest {
    file: OwnedFd,
    blobs: PathBuf,
    hasher: Hasher,
    expected: Option<Digest>,
    size: Option<u64>,
    written: u64,
}

impl Ingest {
    pub(crate) fn new(
        blobs: PathBuf,
        expected: Option<&Digest>,
        size: Option<u64>,
    ) -> Result<Self, ContentError> {
        let algorithm = expected.map_or(Algorithm::Sha256, Digest::algorithm);
        let directory = blobs.join(algorithm.as_str());
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        let file = fs::openat(CWD, &directory, flags, Mode::from_raw_mode(0o644))
            .map_err(ContentError::file("create an unnamed file in", directory))?;
        let hasher = Hasher::new(algorithm);
        Ok(Self { file, blobs, hasher, expected: expected.cloned(), size, written: 0 })
    }

    /// Checks digest and size, and gives the blob its name.
    ///
    /// # Errors
    /// [`ContentError::Digest`], [`ContentError::Size`], [`ContentError::File`]; nothing is left then.
    pub fn commit(self) -> Result<Digest, ContentError> {
        let actual = self.check()?;
        let path = self.blobs.join(actual.algorithm().as_str()).join(actual.hex());
        let unnamed = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        loop {
            match fs::linkat(CWD, &*unnamed, CWD, &path, AtFlags::SYMLINK_FOLLOW) {
                Ok(()) => return Ok(actual),
                Err(Errno::EXIST) => {}
                Err(source) => return Err(ContentError::file("name", path)(source)),
            }
            match fs::stat(&path) {
                // Somebody was faster with the same bytes.
                Ok(stat) if u64::try_from(stat.st_size) == Ok(self.written) => return Ok(actual),
                // A loss of power cut it short before it was synchronised.
                Ok(_) => match fs::unlink(&path) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(source) => return Err(ContentError::file("remove", path)(source)),
                },
                Err(Errno::NOENT) => {}
                Err(source) => return Err(ContentError::file("read", path)(source)),
            }
        }
    }
}

impl Ingest {
    /// Checks digest and size, and gives the blob without a name: it is gone once the file is closed.
    ///
    /// # Errors
    /// [`ContentError::Digest`], [`ContentError::Size`], [`ContentError::File`].
    pub fn into_file(self) -> Result<File, ContentError> {
        self.check()?;
        fs::seek(&self.file, SeekFrom::Start(0))
            .map_err(ContentError::file("rewind a file in", &self.blobs))?;
        Ok(self.file.into())
    }

    fn check(&self) -> Result<Digest, ContentError> {
        if let Some(expected) = self.size.filter(|&size| size != self.written) {
            return Err(ContentError::Size { expected, actual: self.written });
        }
        let actual = self.hasher.clone().finish();
        match &self.expected {
            Some(expected) if *expected != actual => {
                Err(ContentError::Digest { expected: expected.clone(), actual })
            }
            _ => Ok(actual),
        }
    }
}

impl Write for Ingest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(expected) = self.size.filter(|&size| bytes.len() as u64 > size - self.written) {
            let actual = self.written + bytes.len() as u64;
            return Err(io::Error::other(ContentError::Size { expected, actual }));
        }
        let length = rustix::io::write(&self.file, bytes)?;
        self.hasher.update(&bytes[..length]);
        self.written += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
