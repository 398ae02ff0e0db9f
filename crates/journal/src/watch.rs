//! Being woken when a file changes: an inotify instance.
//!
//! It tells that something happened, never what: who is woken looks for itself.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;

/// An inotify instance with any number of watched paths.
///
/// The kernel allows each user `fs.inotify.max_user_instances` of them (128 by default): keep one per follower, not more.
#[derive(Debug)]
pub struct Watch(OwnedFd);

impl Watch {
    /// A fresh instance that watches nothing; `None` where the user has no more of them: who follows a file then looks at it from time
    /// to time.
    ///
    /// # Errors
    /// What inotify_init1(2) says.
    pub fn new() -> io::Result<Option<Watch>> {
        match inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK) {
            Ok(instance) => Ok(Some(Watch(instance))),
            Err(Errno::MFILE) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Watches what `path` names now for writes, renames and removal; returns the number to [`Watch::remove`] it by.
    pub fn add_file(&self, path: &Path) -> io::Result<i32> {
        // Replacing the last name of a file, or one of several, is a change of its link count: IN_ATTRIB.
        let changes = WatchFlags::MODIFY | WatchFlags::ATTRIB | WatchFlags::MOVE_SELF;
        Ok(inotify::add_watch(&self.0, path, changes)?)
    }

    /// Watches a directory for new names and for its own end.
    pub fn add_directory(&self, path: &Path) -> io::Result<i32> {
        let changes =
            WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::DELETE_SELF | WatchFlags::ONLYDIR;
        Ok(inotify::add_watch(&self.0, path, changes)?)
    }

    /// Stops watching. A watch that ended with its file is no error.
    pub fn remove(&self, watch: i32) -> io::Result<()> {
        match inotify::remove_watch(&self.0, watch) {
            Ok(()) | Err(Errno::INVAL) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets what was reported; whether there was anything.
    pub fn drain(&self) -> io::Result<bool> {
        let mut any = false;
        let mut buffer = [0_u8; 4096];
        loop {
            match rustix::io::read(&self.0, &mut buffer) {
                Ok(_) => any = true,
                Err(Errno::AGAIN) => return Ok(any),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
