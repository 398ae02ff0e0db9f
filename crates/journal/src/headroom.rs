//! Room kept on the disk, so that a full one can be emptied, and what ends on it is still told: a removal writes to the database
//! before it frees anything, an end is written down before it is announced.
//!
//! Only removals and what has happened already draw on it. It is made again when an engine opens the root and there is room.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};

/// The file's name in the root.
const NAME: &str = "headroom";

/// Bytes: several commits to the database, and the events that go with them.
const SIZE: u64 = 256 * 1024;

/// The file that keeps the room of one root.
#[derive(Debug, Clone)]
pub struct Headroom(PathBuf);

impl Headroom {
    /// The room of `root`, if somebody keeps some there.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self(root.join(NAME))
    }

    /// Keeps room below `root`, if there is any.
    #[must_use]
    pub fn keep(root: &Path) -> Self {
        let Self(path) = Self::of(root);
        if let Ok(file) = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            // Where nothing can be kept, everything else still works.
            if fallocate(&file, FallocateFlags::empty(), 0, SIZE).is_err() {
                let _ = fs::remove_file(&path);
            }
        }
        Self(path)
    }

    /// Does `work`; where that fails because the disk is too full for it, once more with the room given up.
    ///
    /// # Errors
    /// What `work` fails with.
    pub fn draw_on<T, E>(
        &self,
        is_full_disk: impl Fn(&E) -> bool,
        mut work: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        match work() {
            Err(error) if is_full_disk(&error) && fs::remove_file(&self.0).is_ok() => work(),
            done => done,
        }
    }
}
