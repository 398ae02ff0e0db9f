//! One volume's directory, `<root>/volumes/<name>/`, and who holds it.
//!
//! The lock is on the directory itself (flock(2)): it needs no file, ends with its holder, and goes with what it protects.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{self, CWD, Dir, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::held::Held;
use crate::{VolumeName, VolumesError};

/// Docker's: who is let through may reach a path that he knows, and list nothing.
const CLOSED: u32 = 0o711;

/// What a volume begins with, until an image says otherwise.
const OPEN: u32 = 0o755;

/// The directory that containers see.
pub(crate) const DATA: &str = "_data";

/// The names of a volume's files, whether they exist or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeDirectory {
    parent: PathBuf,
    name: VolumeName,
}

impl VolumeDirectory {
    /// The directory of a volume.
    #[must_use]
    pub fn of(root: &Path, name: VolumeName) -> Self {
        Self { parent: root.join("volumes"), name }
    }

    /// What containers see.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.path().join(DATA)
    }

    /// Makes what is missing, with nothing in it, and holds it. What is there already stays as it is.
    ///
    /// # Errors
    /// [`VolumesError::Directory`].
    pub fn make(&self) -> Result<Held, VolumesError> {
        make(&self.parent, CLOSED)?;
        loop {
            let path = self.path();
            let failed = |source| VolumesError::Directory { verb: "make", path: path.clone(), source };
            let is_new = match fs::mkdir(&path, Mode::from_raw_mode(CLOSED)) {
                Ok(()) => true,
                Err(Errno::EXIST) => false,
                Err(source) => return Err(failed(source)),
            };
            // Somebody else may have held it first, and removed it.
            let Some(held) = self.lock(FlockOperation::LockExclusive)? else { continue };
            if is_new {
                // Whatever the process's file mode creation mask is.
                fs::fchmod(&held.directory, Mode::from_raw_mode(CLOSED)).map_err(failed)?;
            }
            make(&self.data(), OPEN)?;
            return Ok(held);
        }
    }

    /// Waits until nobody holds it, and holds it; `None` where there is none.
    ///
    /// # Errors
    /// [`VolumesError::Directory`].
    pub fn hold(&self) -> Result<Option<Held>, VolumesError> {
        self.lock(FlockOperation::LockExclusive)
    }

    /// Holds it, unless somebody else does; `None` in that case, and where there is none.
    ///
    /// # Errors
    /// [`VolumesError::Directory`].
    pub fn try_hold(&self) -> Result<Option<Held>, VolumesError> {
        self.lock(FlockOperation::NonBlockingLockExclusive)
    }

    /// Bytes that it takes on the disk; 0 when it is gone.
    ///
    /// # Errors
    /// [`VolumesError::Directory`], [`VolumesError::Measure`].
    pub fn disk_usage(&self) -> Result<u64, VolumesError> {
        let Some(parent) = open(&self.parent)? else { return Ok(0) };
        corten_tree::disk_usage(&parent, self.name.as_str())
            .map_err(|source| VolumesError::Measure { volume: self.name.to_string(), source })
    }

    /// The names of all that lies where volumes are, in no order.
    ///
    /// # Errors
    /// [`VolumesError::Directory`].
    pub fn list(root: &Path) -> Result<Vec<OsString>, VolumesError> {
        let path = root.join("volumes");
        let Some(directory) = open(&path)? else { return Ok(Vec::new()) };
        entries(&directory).map_err(|source| VolumesError::Directory { verb: "list", path, source })
    }

    fn path(&self) -> PathBuf {
        self.parent.join(self.name.as_str())
    }

    fn lock(&self, operation: FlockOperation) -> Result<Option<Held>, VolumesError> {
        let path = self.path();
        let failed = |verb| {
            let path = path.clone();
            move |source| VolumesError::Directory { verb, path, source }
        };
        loop {
            let Some(directory) = open(&path)? else { return Ok(None) };
            match fs::flock(&directory, operation) {
                Err(Errno::WOULDBLOCK) => return Ok(None),
                Err(Errno::INTR) => continue,
                locked => locked.map_err(failed("lock"))?,
            }
            // Who held it before may have removed it, and somebody else made another.
            let ours = fs::fstat(&directory).map_err(failed("look at"))?;
            match fs::lstat(&path) {
                Ok(found) if (found.st_dev, found.st_ino) == (ours.st_dev, ours.st_ino) => {
                    return Ok(Some(Held {
                        directory,
                        path,
                        parent: self.parent.clone(),
                        name: self.name.clone(),
                    }));
                }
                Ok(_) | Err(Errno::NOENT) => {}
                Err(source) => return Err(failed("look at")(source)),
            }
        }
    }
}

/// Makes a directory of exactly that mode, whatever the process's file mode creation mask; an existing one is left as it is.
pub(crate) fn make(path: &Path, mode: u32) -> Result<(), VolumesError> {
    let mode = Mode::from_raw_mode(mode);
    let made = match fs::mkdir(path, mode) {
        Ok(()) => fs::chmod(path, mode),
        Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error),
    };
    made.map_err(|source| VolumesError::Directory { verb: "make", path: path.to_owned(), source })
}

pub(crate) fn open(path: &Path) -> Result<Option<OwnedFd>, VolumesError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match fs::openat(CWD, path, flags, Mode::empty()) {
        Ok(directory) => Ok(Some(directory)),
        Err(Errno::NOENT) => Ok(None),
        Err(source) => Err(VolumesError::Directory { verb: "open", path: path.to_owned(), source }),
    }
}

/// The names in a directory.
pub(crate) fn entries(directory: &OwnedFd) -> rustix::io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = OsString::from_vec(entry?.file_name().to_bytes().to_vec());
        if name != "." && name != ".." {
            names.push(name);
        }
    }
    Ok(names)
}
