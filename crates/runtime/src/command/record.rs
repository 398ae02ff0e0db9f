//! What is kept of a container between two commands: one directory, one document, one lock.
//!
//! Whether its process still runs is never kept: it is looked at.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use corten_spec::runtime::{NamespaceKind, Spec};
use rustix::fs::{AtFlags, CWD, FlockOperation, StatxFlags, fcntl_lock, statx};
use rustix::io::Errno;
use rustix::mount::{UnmountFlags, unmount};
use serde::{Deserialize, Serialize};

use super::error::CommandError;

/// The document of one container.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) bundle: PathBuf,
    pub(super) rootfs: PathBuf,
    /// The configuration as it was at creation: the bundle's may have changed since.
    pub(super) spec: Spec,
    pub(super) cgroup_path: String,
    /// The init, as this pid namespace numbers it.
    pub(super) pid: u32,
    /// Tells that process from a later one of the same number.
    pub(super) start_time: u64,
    /// RFC 3339.
    pub(super) created: String,
    /// Of a container among the mounts of others: the mount that the root file system lay on before.
    #[serde(default)]
    pub(super) mount_before: Option<u64>,
}

impl Record {
    /// Whether what the container mounts is there for others too.
    pub(super) fn shares_mounts(&self) -> bool {
        let namespaces = self.spec.linux.iter().flat_map(|linux| &linux.namespaces);
        let mut mount = namespaces.filter(|namespace| namespace.kind == NamespaceKind::Mount);
        mount.next().is_none_or(|namespace| !namespace.path.is_empty())
    }

    /// Takes the root file system off that the container has mounted among our own mounts, and with it all that it has mounted below.
    /// What it has mounted in a namespace that it was led to stays with that.
    ///
    /// # Errors
    /// What statx(2) and umount2(2) say.
    pub(super) fn unmount_root(&self) -> Result<(), CommandError> {
        let Some(before) = self.mount_before else { return Ok(()) };
        let doing = || CommandError::io(format!("unmount `{}`", self.rootfs.display()));
        match mount_of(&self.rootfs) {
            Ok(now) if now == before => Ok(()),
            Ok(_) => unmount(&self.rootfs, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW).map_err(doing()),
            // The bundle is gone, and what was mounted in it with it.
            Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(doing()(error)),
        }
    }
}

/// The number of the mount that `path` lies on (statx(2), Linux 5.8).
pub(super) fn mount_of(path: &Path) -> rustix::io::Result<u64> {
    let status = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::MNT_ID)?;
    Ok(status.stx_mnt_id)
}

/// The directory of one container's state, locked for as long as this lives.
#[derive(Debug)]
pub(super) struct StateDirectory {
    path: PathBuf,
    _lock: File,
}

const DOCUMENT: &str = "state.json";
const GATE: &str = "exec.fifo";
const LOCK: &str = "lock";

impl StateDirectory {
    /// Makes the directory of a new container.
    ///
    /// # Errors
    /// An id that could lead elsewhere, or that is taken.
    pub(super) fn create(root: &Path, id: &str) -> Result<Self, CommandError> {
        check_id(id)?;
        let path = root.join(id);
        // Environments, secrets among them, are root's to read.
        let mut private = DirBuilder::new();
        private.mode(0o700);
        private
            .recursive(true)
            .create(root)
            .map_err(CommandError::io(format!("create directory `{}`", root.display())))?;
        match private.recursive(false).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(CommandError::AlreadyExists);
            }
            created => created.map_err(CommandError::io(format!("create directory `{}`", path.display())))?,
        }
        Self::lock(path)
    }

    /// Opens that of an existing container, once nobody else works on it.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn open(root: &Path, id: &str) -> Result<Self, CommandError> {
        check_id(id)?;
        let path = root.join(id);
        if !path.is_dir() {
            return Err(CommandError::NotFound);
        }
        Self::lock(path)
    }

    fn lock(path: PathBuf) -> Result<Self, CommandError> {
        let file = path.join(LOCK);
        let doing = format!("lock `{}`", file.display());
        let opened = File::options().create(true).truncate(false).read(true).write(true).open(&file);
        let lock = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(CommandError::NotFound),
            opened => opened.map_err(CommandError::io(&doing))?,
        };
        // A lock of this process, which the container's init does not inherit while it waits at its gate.
        fcntl_lock(&lock, FlockOperation::LockExclusive).map_err(CommandError::io(doing))?;
        Ok(Self { path, _lock: lock })
    }

    /// The FIFO that a created container waits at; it is there exactly until the container is started.
    pub(super) fn gate(&self) -> PathBuf {
        self.path.join(GATE)
    }

    /// # Errors
    /// `NotFound` for a container whose creation was cut off; a document that is not one.
    pub(super) fn read(&self) -> Result<Record, CommandError> {
        let path = self.path.join(DOCUMENT);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(CommandError::NotFound),
            read => read.map_err(CommandError::io(format!("read `{}`", path.display())))?,
        };
        serde_json::from_slice(&bytes)
            .map_err(|cause| CommandError::Document { path: path.display().to_string(), cause })
    }

    /// # Errors
    /// What writing and renaming say.
    pub(super) fn write(&self, record: &Record) -> Result<(), CommandError> {
        let path = self.path.join(DOCUMENT);
        let doing = || format!("write `{}`", path.display());
        let bytes = serde_json::to_vec(record).map_err(io::Error::from).map_err(CommandError::io(doing()))?;
        let beside = self.path.join("state.json.new");
        fs::write(&beside, bytes).map_err(CommandError::io(doing()))?;
        // A reader without the lock sees the old one or the new one.
        fs::rename(&beside, &path).map_err(CommandError::io(doing()))
    }

    /// Removes the directory; the container is forgotten.
    ///
    /// # Errors
    /// What unlink(2) says.
    pub(super) fn remove(self) -> Result<(), CommandError> {
        fs::remove_dir_all(&self.path).map_err(CommandError::io(format!("remove `{}`", self.path.display())))
    }
}

/// Removes what a creation that was cut off has left, so that the id can be used again; content if there is nothing.
///
/// # Errors
/// What unlink(2) says.
pub(super) fn forget(root: &Path, id: &str) -> Result<(), CommandError> {
    match StateDirectory::open(root, id) {
        Err(CommandError::NotFound) => Ok(()),
        // Looked at again under the lock: a creation may just have ended well.
        Ok(directory) if directory.path.join(DOCUMENT).exists() => Ok(()),
        opened => opened?.remove(),
    }
}

/// The ids of all containers below `root`, in order; what is no container's directory is passed over.
///
/// # Errors
/// What reading the directory says.
pub(super) fn ids(root: &Path) -> Result<Vec<String>, CommandError> {
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(CommandError::io(format!("read directory `{}`", root.display())))?,
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut ids: Vec<_> = names.filter(|name| root.join(name).join(DOCUMENT).exists()).collect();
    ids.sort();
    Ok(ids)
}

/// The characters are runc's; the id becomes a file name and a cgroup's name.
fn check_id(id: &str) -> Result<(), CommandError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-' | '.');
    if id.is_empty() || id.len() > 255 || id.starts_with('.') || !id.chars().all(plain) {
        return Err(CommandError::Usage(format!("invalid container ID format: {id:?}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn an_id_that_could_lead_elsewhere_is_refused() {
        for id in ["", ".", "..", "a/b", "../x", ".hidden", "a b"] {
            assert!(check_id(id).is_err(), "{id:?}");
        }
        assert!(check_id("web-1_a+b.c").is_ok());
    }

    #[test]
    fn what_a_creation_left_that_was_cut_off_is_forgotten() {
        let root = tempfile::tempdir().unwrap();
        drop(StateDirectory::create(root.path(), "one").unwrap());
        let mode = fs::metadata(root.path().join("one")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "others could read the container's environment");
        assert!(StateDirectory::create(root.path(), "one").is_err());
        forget(root.path(), "one").unwrap();
        forget(root.path(), "one").unwrap();
        StateDirectory::create(root.path(), "one").unwrap();
    }

    #[test]
    fn an_id_is_taken_once() {
        let root = tempfile::tempdir().unwrap();
        let first = StateDirectory::create(root.path(), "one").unwrap();
        assert!(matches!(StateDirectory::create(root.path(), "one"), Err(CommandError::AlreadyExists)));
        first.remove().unwrap();
        assert!(matches!(StateDirectory::open(root.path(), "one"), Err(CommandError::NotFound)));
    }
}
