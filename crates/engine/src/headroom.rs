//! Room kept on the disk, so that a full one can be emptied: a removal writes to the database before it frees anything.
//!
//! Only removals draw on it. It is made again when an engine opens the root and there is room.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};

use crate::error::EngineError;

/// Bytes: several commits to the database, and the events that go with them.
const SIZE: u64 = 256 * 1024;

/// The file that keeps the room.
#[derive(Debug, Clone)]
pub(crate) struct Headroom(PathBuf);

impl Headroom {
    /// Keeps room below `root`, if there is any.
    pub(crate) fn keep(root: &Path) -> Self {
        let path = root.join("headroom");
        if let Ok(file) = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            // Where nothing can be kept, everything else still works.
            if fallocate(&file, FallocateFlags::empty(), 0, SIZE).is_err() {
                let _ = fs::remove_file(&path);
            }
        }
        Self(path)
    }

    /// Does `work`; where the disk is too full for it, once more with the room given up.
    pub(crate) fn draw_on<T>(&self, work: impl Fn() -> Result<T, EngineError>) -> Result<T, EngineError> {
        match work() {
            Err(error) if error.is_full_disk() && fs::remove_file(&self.0).is_ok() => work(),
            done => done,
        }
    }
}
