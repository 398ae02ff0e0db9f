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
        let headroom = Self::of(root);
        headroom.fill();
        headroom
    }

    fn fill(&self) {
        if let Ok(file) = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.0) {
            // Where nothing can be kept, everything else still works.
            if fallocate(&file, FallocateFlags::empty(), 0, SIZE).is_err() {
                let _ = fs::remove_file(&self.0);
            }
        }
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

    /// The same for work that gives room back: of that, what it drew is kept again, before somebody else has it.
    ///
    /// # Errors
    /// What `work` fails with.
    pub fn draw_on_to_free<T, E>(
        &self,
        is_full_disk: impl Fn(&E) -> bool,
        mut work: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tries = 0;
        let done = self.draw_on(is_full_disk, || {
            tries += 1;
            work()
        });
        if tries > 1 {
            self.fill();
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_removals_drew_is_kept_again_and_what_others_drew_is_not() {
        let root = tempfile::tempdir().unwrap();
        let headroom = Headroom::keep(root.path());
        let file = root.path().join(NAME);
        let size = || fs::metadata(&file).map(|file| file.len()).unwrap_or_default();
        assert_eq!(size(), SIZE);
        // Fails as long as the room is kept.
        let work = || if file.exists() { Err(()) } else { Ok(()) };
        assert_eq!(headroom.draw_on_to_free(|()| true, work), Ok(()));
        assert_eq!(size(), SIZE);
        assert_eq!(headroom.draw_on(|()| true, work), Ok(()));
        assert!(!file.exists());
    }
}
