//! The directory of blobs.
//!
//! Who still needs a blob is decided elsewhere; removing one that somebody is reading does not disturb the reader.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use corten_spec::digest::{Algorithm, Digest};
use rustix::fs::{self, CWD, Dir, Mode, OFlags};
use rustix::io::Errno;

use crate::{ContentError, Hasher, Ingest};

const ALGORITHMS: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Sha512];
const LAYOUT: &[u8] = b"{\"imageLayoutVersion\":\"1.0.0\"}";

/// A store of blobs: `blobs/<algorithm>/<hex>` and `oci-layout`, as the OCI image specification's "Image Layout".
#[derive(Debug, Clone)]
pub struct Content {
    blobs: PathBuf,
    pub(crate) arriving: PathBuf,
}

impl Content {
    /// Opens the store in a directory, making it where it is missing.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn open(directory: &Path) -> Result<Self, ContentError> {
        let blobs = directory.join("blobs");
        make(directory, 0o700)?;
        make(&blobs, 0o755)?;
        let arriving = directory.join("ingest");
        for algorithm in ALGORITHMS {
            make(&blobs.join(algorithm.as_str()), 0o755)?;
        }
        let layout = directory.join("oci-layout");
        match File::create_new(&layout).and_then(|mut file| file.write_all(LAYOUT)) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                Err(ContentError::file("write", layout)(errno(&error)))
            }
            _ => Ok(Self { blobs, arriving }),
        }
    }

    /// Begins to take in a blob. Without an expected digest it gets a SHA-256 one; a size that is known is enforced.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn ingest(&self, expected: Option<&Digest>, size: Option<u64>) -> Result<Ingest, ContentError> {
        Ingest::new(self.blobs.clone(), expected, size)
    }

    /// Takes in a blob that is in memory; its digest, which is the expected one where there is one.
    ///
    /// # Errors
    /// [`ContentError::Digest`], [`ContentError::File`].
    pub fn put(&self, bytes: &[u8], expected: Option<&Digest>) -> Result<Digest, ContentError> {
        let mut ingest = self.ingest(expected, Some(bytes.len() as u64))?;
        ingest
            .write_all(bytes)
            .map_err(|error| ContentError::file("write to", &self.blobs)(errno(&error)))?;
        ingest.commit()
    }

    /// Opens a blob. Its bytes are not verified again: whoever reads them to the end can, at the price of a hash.
    ///
    /// # Errors
    /// [`ContentError::Absent`], [`ContentError::File`].
    pub fn reader(&self, digest: &Digest) -> Result<File, ContentError> {
        let path = self.path(digest);
        match fs::openat(CWD, &path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(file) => Ok(file.into()),
            Err(Errno::NOENT) => Err(ContentError::Absent { digest: digest.clone() }),
            Err(source) => Err(ContentError::file("open", path)(source)),
        }
    }

    /// Reads a document of at most `limit` bytes and verifies it: what a loss of power left is never taken for it.
    ///
    /// # Errors
    /// [`ContentError::Absent`], [`ContentError::TooLarge`], [`ContentError::Digest`], [`ContentError::File`].
    pub fn read(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, ContentError> {
        let mut bytes = Vec::new();
        self.reader(digest)?
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| ContentError::file("read", self.path(digest))(errno(&error)))?;
        let size = bytes.len() as u64;
        if size > limit {
            return Err(ContentError::TooLarge { digest: digest.clone(), size, limit });
        }
        let actual = Hasher::digest(digest.algorithm(), &bytes);
        if actual != *digest {
            return Err(ContentError::Digest { expected: digest.clone(), actual });
        }
        Ok(bytes)
    }

    /// Whether the blob is there.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn has(&self, digest: &Digest) -> Result<bool, ContentError> {
        self.size_if_there(digest).map(|size| size.is_some())
    }

    /// Length of a blob in bytes; `None` where it is not there.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn size_if_there(&self, digest: &Digest) -> Result<Option<u64>, ContentError> {
        match self.size(digest) {
            Ok(size) => Ok(Some(size)),
            Err(ContentError::Absent { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Length of a blob in bytes.
    ///
    /// # Errors
    /// [`ContentError::Absent`], [`ContentError::File`].
    pub fn size(&self, digest: &Digest) -> Result<u64, ContentError> {
        let path = self.path(digest);
        match fs::stat(&path) {
            Ok(stat) => Ok(u64::try_from(stat.st_size).unwrap_or_default()),
            Err(Errno::NOENT) => Err(ContentError::Absent { digest: digest.clone() }),
            Err(source) => Err(ContentError::file("read", path)(source)),
        }
    }

    /// Removes a blob; whether it was there.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn remove(&self, digest: &Digest) -> Result<bool, ContentError> {
        let path = self.path(digest);
        match fs::unlink(&path) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(source) => Err(ContentError::file("remove", path)(source)),
        }
    }

    /// Every blob, in no order. Files with names that are no digests are passed over: they are not ours.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn list(&self) -> Result<Vec<Digest>, ContentError> {
        let mut digests = Vec::new();
        for algorithm in ALGORITHMS {
            let directory = self.blobs.join(algorithm.as_str());
            let failed = |source| ContentError::file("list", directory.clone())(source);
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let opened = fs::openat(CWD, &directory, flags, Mode::empty()).map_err(failed)?;
            for entry in Dir::new(opened).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let name = entry.file_name().to_string_lossy();
                digests.extend(format!("{}:{name}", algorithm.as_str()).parse::<Digest>());
            }
        }
        Ok(digests)
    }

    /// Returns once these blobs would survive a loss of power.
    ///
    /// For all of an image at once, and before the record that promises them: the first flush writes the file system's
    /// journal for all, while one per blob would cost a disk access each. A blob that a loss of power damages before
    /// is harmless, because no record leads to it and everything that is read is verified.
    ///
    /// # Errors
    /// [`ContentError::Absent`], [`ContentError::File`].
    pub fn sync<'a>(&self, digests: impl IntoIterator<Item = &'a Digest>) -> Result<(), ContentError> {
        for digest in digests {
            let file = self.reader(digest)?;
            fs::fdatasync(&file)
                .map_err(|source| ContentError::file("synchronise", self.path(digest))(source))?;
        }
        for algorithm in ALGORITHMS {
            let directory = self.blobs.join(algorithm.as_str());
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            fs::openat(CWD, &directory, flags, Mode::empty())
                .and_then(fs::fsync)
                .map_err(ContentError::file("synchronise", directory))?;
        }
        Ok(())
    }

    pub(crate) fn path(&self, digest: &Digest) -> PathBuf {
        self.blobs.join(digest.algorithm().as_str()).join(digest.hex())
    }
}

pub(crate) fn errno(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

pub(crate) fn make(directory: &Path, mode: u32) -> Result<(), ContentError> {
    match fs::mkdir(directory, Mode::from_raw_mode(mode)) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(source) => Err(ContentError::file("make directory", directory)(source)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An empty store, in a directory of its own.
    pub(crate) fn store() -> (tempfile::TempDir, Content) {
        let directory = tempfile::tempdir().unwrap();
        let content = Content::open(&directory.path().join("content")).unwrap();
        (directory, content)
    }

    #[test]
    fn what_was_taken_in_can_be_read_listed_and_removed() {
        let (_directory, content) = store();
        let digest = content.put(b"hello", None).unwrap();
        assert_eq!(digest, Hasher::digest(Algorithm::Sha256, b"hello"));
        assert_eq!(content.read(&digest, 5).unwrap(), b"hello");
        assert_eq!((content.size(&digest).unwrap(), content.list().unwrap()), (5, vec![digest.clone()]));
        content.sync([&digest]).unwrap();
        assert!(content.remove(&digest).unwrap() && !content.remove(&digest).unwrap());
        assert!(matches!(content.reader(&digest), Err(ContentError::Absent { .. })));
    }

    #[test]
    fn bytes_that_are_not_what_was_announced_leave_nothing() {
        let (_directory, content) = store();
        let other = Hasher::digest(Algorithm::Sha512, b"other");
        let mut ingest = content.ingest(Some(&other), None).unwrap();
        ingest.write_all(b"hello").unwrap();
        assert!(matches!(ingest.commit(), Err(ContentError::Digest { .. })));
        let mut ingest = content.ingest(None, Some(6)).unwrap();
        ingest.write_all(b"hello").unwrap();
        assert!(ingest.write_all(b"more").is_err());
        assert!(matches!(ingest.commit(), Err(ContentError::Size { expected: 6, actual: 5 })));
        assert_eq!(content.list().unwrap(), []);
    }

    #[test]
    fn the_same_blob_twice_is_one() {
        let (_directory, content) = store();
        let writers: Vec<_> = (0..4)
            .map(|_| {
                let content = content.clone();
                std::thread::spawn(move || content.put(&[7; 100_000], None).unwrap())
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(content.list().unwrap().len(), 1);
    }

    #[test]
    fn damage_is_noticed_and_mended_by_the_next_ingest() {
        let (_directory, content) = store();
        let digest = content.put(b"hello", None).unwrap();
        std::fs::write(content.path(&digest), b"hel").unwrap();
        assert!(matches!(content.read(&digest, 100), Err(ContentError::Digest { .. })));
        content.put(b"hello", None).unwrap();
        assert_eq!(content.read(&digest, 100).unwrap(), b"hello");
        assert!(matches!(content.read(&digest, 4), Err(ContentError::TooLarge { .. })));
    }
}
