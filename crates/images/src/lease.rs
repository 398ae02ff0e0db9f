//! Who may add to the root's layers and blobs, and who may take away what nothing needs.
//!
//! Whoever adds holds a shared lease from the first blob to the last row: until then nothing tells that the blob is
//! needed. Whoever takes away needs the exclusive lease and never waits for it; what is left now is taken away later.
//! The kernel ends a lease with the process that holds it.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{self, CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::ImagesError;

/// A held lease.
#[derive(Debug)]
pub(crate) struct Lease {
    _file: OwnedFd,
}

impl Lease {
    /// Waits for those who are taking away, which is brief.
    pub(crate) fn shared(path: &Path) -> Result<Self, ImagesError> {
        let file = open(path)?;
        loop {
            match fs::flock(&file, FlockOperation::LockShared) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(Errno::INTR) => {}
                Err(source) => return Err(ImagesError::file("lock", path)(source)),
            }
        }
    }

    /// `None` while anybody else has a lease.
    pub(crate) fn try_exclusive(path: &Path) -> Result<Option<Self>, ImagesError> {
        let file = open(path)?;
        match fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(source) => Err(ImagesError::file("lock", path)(source)),
        }
    }
}

fn open(path: &Path) -> Result<OwnedFd, ImagesError> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
    fs::openat(CWD, path, flags, Mode::from_raw_mode(0o600)).map_err(ImagesError::file("open", path))
}
