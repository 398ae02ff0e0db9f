//! Who reaches a running container's files from outside: until they let go, the writable directory is not to be mounted again.
//!
//! The lock is on the directory itself (flock(2)), so it needs no file, and ends with its holder.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, openat};
use rustix::io::Errno;

use crate::{ContainerFiles, SnapshotsError};

/// Keeps a container's writable directory from being mounted again, together with any number of others.
#[derive(Debug)]
pub struct Visitor(#[expect(dead_code, reason = "held for its lock")] OwnedFd);

impl ContainerFiles {
    /// Announces a visitor, before they look whether the container runs.
    ///
    /// # Errors
    /// [`SnapshotsError::Directory`], also where somebody is just about to mount it.
    pub fn visitor(&self) -> Result<Visitor, SnapshotsError> {
        let directory = self.open_upper()?;
        flock(&directory, FlockOperation::LockShared).map_err(|source| self.failed("lock", source))?;
        Ok(Visitor(directory))
    }

    /// Whether there are visitors still: for whoever is about to mount the directory, and knows that no more can come.
    ///
    /// # Errors
    /// [`SnapshotsError::Directory`].
    pub fn is_visited(&self) -> Result<bool, SnapshotsError> {
        let directory = self.open_upper()?;
        match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(false),
            Err(Errno::WOULDBLOCK) => Ok(true),
            Err(source) => Err(self.failed("lock", source)),
        }
    }

    fn open_upper(&self) -> Result<OwnedFd, SnapshotsError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat(CWD, self.upper(), flags, Mode::empty()).map_err(|source| self.failed("open", source))
    }

    fn failed(&self, verb: &'static str, source: Errno) -> SnapshotsError {
        let path: PathBuf = self.upper();
        SnapshotsError::Directory { verb, path, source }
    }
}

#[cfg(test)]
mod tests {
    use corten_spec::id::ContainerId;

    use super::*;

    #[test]
    fn a_directory_is_free_when_its_last_visitor_has_gone() {
        let root = tempfile::tempdir().unwrap();
        let files = ContainerFiles::prepare(root.path(), &ContainerId::from_bytes([7; 32])).unwrap();
        assert!(!files.is_visited().unwrap());
        let (one, other) = (files.visitor().unwrap(), files.visitor().unwrap());
        drop(one);
        assert!(files.is_visited().unwrap());
        drop(other);
        assert!(!files.is_visited().unwrap());
    }
}
