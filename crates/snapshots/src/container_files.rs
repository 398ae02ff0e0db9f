//! One container's directory: `<root>/containers/<id>/`.
//!
//! The journal, the log and the lock that others keep in it are removed with it, but not made here.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use corten_spec::id::ContainerId;
use rustix::fs::{self, CWD, Dir, Mode, OFlags};
use rustix::io::Errno;

use crate::SnapshotsError;

/// The names of a container's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerFiles {
    directory: PathBuf,
}

impl ContainerFiles {
    /// The files of a container, whether they exist or not.
    pub fn of(root: &Path, id: &ContainerId) -> Self {
        Self { directory: containers(root).join(id.as_str()) }
    }

    /// Makes the directories of a container, those that are missing: 12 KiB on ext4, and 4 more for what the kernel
    /// puts into `work`.
    ///
    /// `upper` becomes the container's `/`, so it has the mode that Docker gives that, whatever the image's layers
    /// say of their root; `work` is for the kernel alone.
    ///
    /// # Errors
    /// [`SnapshotsError::Directory`]. What was made is left to [`Self::remove`]: there may have been more.
    pub fn prepare(root: &Path, id: &ContainerId) -> Result<Self, SnapshotsError> {
        let files = Self::of(root, id);
        let directories = [
            (containers(root), 0o700),
            (files.directory.clone(), 0o700),
            (files.upper(), 0o755),
            (files.work(), 0o700),
        ];
        for (path, mode) in directories {
            match make(&path, mode) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(source) => return Err(SnapshotsError::Directory { verb: "make", path, source }),
            }
        }
        Ok(files)
    }

    /// The directory that everything of the container is in.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What the container has written: exactly a layer, in the form of overlay file systems.
    pub fn upper(&self) -> PathBuf {
        self.directory.join("upper")
    }

    /// Scratch space of the overlay mount.
    pub fn work(&self) -> PathBuf {
        self.directory.join("work")
    }

    /// The bytes in the files that a container has written; 0 when it is gone.
    ///
    /// # Errors
    /// [`SnapshotsError::Directory`], [`SnapshotsError::Measure`].
    pub fn size(&self) -> Result<u64, SnapshotsError> {
        let Some(directory) = open(&self.directory)? else { return Ok(0) };
        let measured = corten_tree::measure(&directory, "upper");
        measured.map_err(|source| SnapshotsError::Measure { path: self.directory.clone(), source })
    }

    /// Removes everything of a container but the file `kept` and the directory that it stands in, as [`Self::remove`] does: a
    /// lock has to be there for as long as what it protects.
    ///
    /// # Errors
    /// [`SnapshotsError::Directory`], [`SnapshotsError::Remove`].
    pub fn clear(root: &Path, id: &ContainerId, kept: &str) -> Result<(), SnapshotsError> {
        let path = containers(root).join(id.as_str());
        let Some(directory) = open(&path)? else { return Ok(()) };
        Self::of(root, id).lift_limit();
        let failed = |source| SnapshotsError::Directory { verb: "list", path: path.clone(), source };
        let mut removed = Ok(());
        for entry in Dir::read_from(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." && name != kept {
                removed = removed.and(corten_tree::remove(&directory, name));
            }
        }
        removed.map_err(|source| SnapshotsError::Remove { path, source })
    }

    /// Whether [`Self::clear`] has been at it: of a container's files only `kept` is left.
    ///
    /// # Errors
    /// [`SnapshotsError::Directory`].
    pub fn is_cleared(root: &Path, id: &ContainerId, kept: &str) -> Result<bool, SnapshotsError> {
        Ok(entries(Self::of(root, id).directory())? == [kept])
    }

    /// Removes everything of a container that runs no more; that it is gone already is success.
    ///
    /// What the container left is hostile: links are not followed, mounts not entered, no depth is too deep. The
    /// root file system must not be mounted any more.
    ///
    /// # Errors
    /// [`SnapshotsError::Remove`] when something cannot be removed (an immutable file, say); the rest is gone then, and
    /// it can be tried again.
    pub fn remove(root: &Path, id: &ContainerId) -> Result<(), SnapshotsError> {
        let path = containers(root);
        let Some(all) = open(&path)? else { return Ok(()) };
        Self::of(root, id).lift_limit();
        corten_tree::remove(&all, id.as_str()).map_err(|source| SnapshotsError::Remove { path, source })
    }

    /// Whether no run of the container has left anything here: nothing in the writable layer, and beside the directories for the
    /// mount no file but `kept`.
    ///
    /// # Errors
    /// [`SnapshotsError::Directory`].
    pub fn is_untouched(root: &Path, id: &ContainerId, kept: &str) -> Result<bool, SnapshotsError> {
        let files = Self::of(root, id);
        let expected = ["upper", "work", kept].map(OsStr::new);
        let only_expected =
            entries(files.directory())?.iter().all(|name| expected.contains(&name.as_os_str()));
        Ok(only_expected && entries(&files.upper())?.is_empty())
    }

    /// The containers that have files, in no order.
    ///
    /// # Errors
    /// [`SnapshotsError::Directory`].
    pub fn list(root: &Path) -> Result<Vec<ContainerId>, SnapshotsError> {
        let path = containers(root);
        let Some(all) = open(&path)? else { return Ok(Vec::new()) };
        let failed = |source| SnapshotsError::Directory { verb: "list", path: path.clone(), source };
        let mut ids = Vec::new();
        for entry in Dir::new(all).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            ids.extend(entry.file_name().to_str().ok().and_then(|name| name.parse::<ContainerId>().ok()));
        }
        Ok(ids)
    }
}

pub(crate) fn containers(root: &Path) -> PathBuf {
    root.join("containers")
}

/// Makes a directory of exactly that mode, whatever the process's file mode creation mask.
fn make(path: &Path, mode: u32) -> rustix::io::Result<()> {
    fs::mkdir(path, Mode::from_raw_mode(mode))?;
    fs::chmod(path, Mode::from_raw_mode(mode))
}

pub(crate) fn open(path: &Path) -> Result<Option<OwnedFd>, SnapshotsError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match fs::openat(CWD, path, flags, Mode::empty()) {
        Ok(directory) => Ok(Some(directory)),
        Err(Errno::NOENT) => Ok(None),
        Err(source) => Err(SnapshotsError::Directory { verb: "open", path: path.to_owned(), source }),
    }
}

/// The names in a directory; none where there is no directory.
pub(crate) fn entries(path: &Path) -> Result<Vec<OsString>, SnapshotsError> {
    let Some(directory) = open(path)? else { return Ok(Vec::new()) };
    let failed = |source| SnapshotsError::Directory { verb: "list", path: path.to_owned(), source };
    let mut names = Vec::new();
    for entry in Dir::new(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        names.push(OsStr::from_bytes(entry.file_name().to_bytes()).to_owned());
    }
    names.retain(|name| name != "." && name != "..");
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_new_container_has_closed_directories_and_an_open_root() {
        let root = tempfile::tempdir().unwrap();
        let id = ContainerId::from_bytes([7; 32]);
        let files = ContainerFiles::prepare(root.path(), &id).unwrap();
        assert_eq!(
            (mode(files.directory()), mode(&files.upper()), mode(&files.work())),
            (0o700, 0o755, 0o700)
        );
        std::fs::write(files.upper().join("file"), "x").unwrap();
        std::fs::remove_dir(files.work()).unwrap();
        assert_eq!(ContainerFiles::prepare(root.path(), &id).unwrap(), files);
        assert!(files.work().exists() && files.upper().join("file").exists());
        assert_eq!(ContainerFiles::list(root.path()).unwrap(), [id]);
    }

    #[test]
    fn what_a_run_has_left_is_seen() {
        let root = tempfile::tempdir().unwrap();
        let id = ContainerId::from_bytes([7; 32]);
        let untouched = || ContainerFiles::is_untouched(root.path(), &id, "lock").unwrap();
        assert!(untouched());
        let files = ContainerFiles::prepare(root.path(), &id).unwrap();
        std::fs::write(files.directory().join("lock"), "").unwrap();
        assert!(untouched());
        std::fs::write(files.upper().join("file"), "x").unwrap();
        assert!(!untouched());
        std::fs::remove_file(files.upper().join("file")).unwrap();
        std::fs::write(files.directory().join("journal"), "").unwrap();
        assert!(!untouched());
    }

    #[test]
    fn clearing_leaves_the_lock_alone() {
        let root = tempfile::tempdir().unwrap();
        let id = ContainerId::from_bytes([7; 32]);
        let files = ContainerFiles::prepare(root.path(), &id).unwrap();
        for name in ["rootfs.lock", "journal", "upper/file"] {
            std::fs::write(files.directory().join(name), "x").unwrap();
        }
        assert!(!ContainerFiles::is_cleared(root.path(), &id, "rootfs.lock").unwrap());
        ContainerFiles::clear(root.path(), &id, "rootfs.lock").unwrap();
        assert!(ContainerFiles::is_cleared(root.path(), &id, "rootfs.lock").unwrap());
        assert!(
            !ContainerFiles::is_cleared(root.path(), &ContainerId::from_bytes([8; 32]), "rootfs.lock")
                .unwrap()
        );
        let left: Vec<_> =
            std::fs::read_dir(files.directory()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["rootfs.lock"]);
        ContainerFiles::clear(root.path(), &ContainerId::from_bytes([8; 32]), "rootfs.lock").unwrap();
    }

    #[test]
    fn removing_takes_what_the_container_left_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let (id, other) = (ContainerId::from_bytes([7; 32]), ContainerId::from_bytes([8; 32]));
        let files = ContainerFiles::prepare(root.path(), &id).unwrap();
        let kept = ContainerFiles::prepare(root.path(), &other).unwrap();
        std::fs::write(kept.upper().join("file"), "x").unwrap();
        symlink(kept.upper(), files.upper().join("link")).unwrap();
        std::fs::create_dir_all(files.upper().join("a/b/c")).unwrap();
        ContainerFiles::remove(root.path(), &id).unwrap();
        ContainerFiles::remove(root.path(), &id).unwrap();
        assert!(!files.directory().exists() && kept.upper().join("file").exists());
    }

    #[test]
    fn a_root_without_containers_has_none() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(ContainerFiles::list(root.path()).unwrap(), []);
        ContainerFiles::remove(root.path(), &ContainerId::from_bytes([1; 32])).unwrap();
    }
}
