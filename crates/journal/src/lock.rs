//! A file that is locked by being open: what keeps two processes from owning one thing.
//!
//! The lock belongs to the open file description, not to a process: it goes with the descriptor over SCM_RIGHTS and across
//! exec, and ends when the last copy is closed, however its holder died. The file's content means nothing and the file stays.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use corten_sys::ofd_lock::{self, Mode};
use rustix::fs::{Mode as Permissions, OFlags};
use rustix::io::Errno;

use crate::{JournalError, Result};

/// An exclusive lock, held until this value and every duplicate of its descriptor are gone.
#[derive(Debug)]
pub struct FileLock(OwnedFd);

/// The waiting between two tries grows from here …
const FIRST_PAUSE: Duration = Duration::from_micros(200);
/// … to here.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

impl FileLock {
    /// Takes the lock on `path`, making the file (mode 0600) where it does not exist; `None` if somebody holds it.
    pub fn try_exclusive(path: &Path) -> Result<Option<FileLock>> {
        FileLock::try_opened(path, OFlags::CREATE)
    }

    /// Takes the lock on a file that is there; `None` if it is not, or somebody holds it.
    pub fn try_existing(path: &Path) -> Result<Option<FileLock>> {
        match FileLock::try_opened(path, OFlags::empty()) {
            Err(error) if error.is_not_found() => Ok(None),
            taken => taken,
        }
    }

    fn try_opened(path: &Path, creation: OFlags) -> Result<Option<FileLock>> {
        loop {
            let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW | creation;
            let fd = rustix::fs::open(path, flags, Permissions::RUSR | Permissions::WUSR)
                .map_err(|error| JournalError::file("open", path, error))?;
            let taken = ofd_lock::try_lock(fd.as_fd(), Mode::Exclusive)
                .map_err(|error| JournalError::file("lock", path, error))?;
            if !taken {
                return Ok(None);
            }
            // Whoever held the lock may have removed the file before letting go: this would be a lock on nothing.
            if is_at(fd.as_fd(), path)? {
                return Ok(Some(FileLock(fd)));
            }
        }
    }

    /// Takes the lock on `path`, trying until `deadline`; then the error is [`JournalError::LockHeld`].
    pub fn exclusive(path: &Path, deadline: Instant) -> Result<FileLock> {
        let mut pause = FIRST_PAUSE;
        loop {
            if let Some(lock) = FileLock::try_exclusive(path)? {
                return Ok(lock);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(JournalError::LockHeld { path: path.to_owned() });
            }
            // fcntl(2) waits for ever or not at all; a timer signal to end it early is not a library's to install.
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether anybody holds the lock on `path`, this process included. Takes nothing, so it never gets in a taker's way. A
    /// file that does not exist is held by nobody.
    pub fn is_held(path: &Path) -> Result<bool> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        match rustix::fs::open(path, flags, Permissions::empty()) {
            Ok(fd) => ofd_lock::is_refused(fd.as_fd(), Mode::Exclusive)
                .map_err(|error| JournalError::file("look at the lock of", path, error)),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(JournalError::file("open", path, error)),
        }
    }

    /// Gives the descriptor up without giving the lock up: to be sent to another process, or kept across exec.
    pub fn into_fd(self) -> OwnedFd {
        self.0
    }

    /// Lets go of the lock, and takes it again if that turns out to be too early: if `is_needed` then, and nobody else has taken it.
    /// Whoever sees the lock held before leaves the work to its holder; what they wrote down first, `is_needed` sees.
    pub fn release_unless(self, is_needed: impl FnOnce() -> bool) -> Result<Option<FileLock>> {
        ofd_lock::unlock(self.0.as_fd()).map_err(JournalError::HandOver)?;
        if !is_needed() {
            return Ok(None);
        }
        match FileLock::from_fd(self.0) {
            Err(JournalError::NotTheHolder) => Ok(None),
            taken => taken.map(Some),
        }
    }

    /// Takes over a lock that came with its descriptor.
    ///
    /// # Errors
    /// [`JournalError::NotTheHolder`] if somebody else holds the lock on that file. A file that nobody had locked is
    /// locked now.
    pub fn from_fd(fd: OwnedFd) -> Result<FileLock> {
        // Taking it again changes nothing for the holder and fails for everyone else: there is no way just to ask.
        match ofd_lock::try_lock(fd.as_fd(), Mode::Exclusive) {
            Ok(true) => Ok(FileLock(fd)),
            Ok(false) => Err(JournalError::NotTheHolder),
            Err(error) => Err(JournalError::HandOver(error)),
        }
    }
}

impl AsFd for FileLock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Whether `path` still names the file that `fd` has open.
pub(crate) fn is_at(fd: BorrowedFd<'_>, path: &Path) -> Result<bool> {
    let open = rustix::fs::fstat(fd).map_err(|error| JournalError::file("stat", path, error))?;
    match rustix::fs::stat(path) {
        Ok(named) => Ok(open.st_ino == named.st_ino && open.st_dev == named.st_dev),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(JournalError::file("stat", path, error)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    fn lock_path(directory: &tempfile::TempDir) -> std::path::PathBuf {
        directory.path().join("rootfs.lock")
    }

    #[test]
    fn a_held_lock_is_seen_without_being_taken_and_freed_by_being_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let path = lock_path(&directory);
        assert!(!FileLock::is_held(&path).unwrap(), "a file that does not exist is held by nobody");
        let lock = FileLock::try_exclusive(&path).unwrap().unwrap();
        assert!(FileLock::is_held(&path).unwrap());
        assert!(FileLock::try_exclusive(&path).unwrap().is_none());
        drop(lock);
        assert!(!FileLock::is_held(&path).unwrap());
        assert!(FileLock::try_exclusive(&path).unwrap().is_some());
    }

    #[test]
    fn a_file_that_is_not_there_is_not_made_to_be_locked() {
        let directory = tempfile::tempdir().unwrap();
        let path = lock_path(&directory);
        assert!(FileLock::try_existing(&path).unwrap().is_none());
        assert!(!path.exists());
        let lock = FileLock::try_exclusive(&path).unwrap();
        assert!(FileLock::try_existing(&path).unwrap().is_none());
        drop(lock);
        assert!(FileLock::try_existing(&path).unwrap().is_some());
    }

    #[test]
    fn a_lock_that_is_needed_after_all_is_kept_unless_somebody_was_quicker() {
        let directory = tempfile::tempdir().unwrap();
        let path = lock_path(&directory);
        let lock = || FileLock::try_exclusive(&path).unwrap();
        let kept = lock().unwrap().release_unless(|| !FileLock::is_held(&path).unwrap()).unwrap();
        assert!(kept.is_some(), "it is free while this is asked");
        assert!(lock().is_none());
        drop(kept);
        assert!(lock().unwrap().release_unless(|| false).unwrap().is_none());
        let mut other = None;
        let first = lock().unwrap();
        let lost = first.release_unless(|| {
            other = lock();
            true
        });
        assert!(lost.unwrap().is_none());
        assert!(other.is_some());
    }

    #[test]
    fn waiting_ends_with_the_deadline_or_with_the_holder() {
        let directory = tempfile::tempdir().unwrap();
        let path = lock_path(&directory);
        let lock = FileLock::try_exclusive(&path).unwrap().unwrap();
        let refused = FileLock::exclusive(&path, Instant::now()).unwrap_err();
        assert!(matches!(refused, JournalError::LockHeld { .. }), "{refused}");
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| FileLock::exclusive(&path, Instant::now() + Duration::from_secs(60)));
            drop(lock);
            waiter.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_lock_on_a_file_that_was_removed_is_not_a_lock() {
        let directory = tempfile::tempdir().unwrap();
        let path = lock_path(&directory);
        let old = FileLock::try_exclusive(&path).unwrap().unwrap();
        std::fs::remove_file(&path).unwrap();
        let new = FileLock::try_exclusive(&path).unwrap().unwrap();
        assert!(is_at(new.as_fd(), &path).unwrap());
        assert!(!is_at(old.as_fd(), &path).unwrap());
        assert!(FileLock::try_exclusive(&path).unwrap().is_none());
    }

    #[test]
    fn a_lock_outlives_its_taker_in_another_program_that_has_the_descriptor() {
        let directory = tempfile::tempdir().unwrap();
        let path = lock_path(&directory);
        let lock = FileLock::try_exclusive(&path).unwrap().unwrap();
        // As standard input it passes exec. The program says that it runs, then waits to be killed.
        let mut holder = Command::new("sh")
            .args(["-c", "echo; exec sleep 1000"])
            .stdin(Stdio::from(lock.into_fd()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        assert!(FileLock::is_held(&path).unwrap());
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert!(!FileLock::is_held(&path).unwrap());
    }

    #[test]
    fn a_lock_that_was_handed_over_is_checked() {
        let directory = tempfile::tempdir().unwrap();
        let path = lock_path(&directory);
        let lock = FileLock::try_exclusive(&path).unwrap().unwrap();
        let impostor = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        assert!(matches!(FileLock::from_fd(impostor.into()), Err(JournalError::NotTheHolder)));
        let lock = FileLock::from_fd(lock.into_fd()).unwrap();
        assert!(FileLock::is_held(&path).unwrap());
        drop(lock);
        assert!(!FileLock::is_held(&path).unwrap());
    }
}
