//! Volumes in memory: mounted on the host, once for all containers that have one, for as long as any of them runs.
//!
//! These are the only mounts of the host's that there are. Each is below the run directory, and gone with the boot.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corten_error::{Classified as _, Kind};
use corten_spec::id::ContainerId;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::no_such;
use super::options::Backing;
use crate::containers::{Container, Inner, Reservation};
use crate::error::EngineError;
use crate::home::make_directory;

/// Mount options that are no file system's own.
const FLAGS: [(&str, MountFlags); 6] = [
    ("nodev", MountFlags::NODEV),
    ("noexec", MountFlags::NOEXEC),
    ("nosuid", MountFlags::NOSUID),
    ("noatime", MountFlags::NOATIME),
    ("nodiratime", MountFlags::NODIRATIME),
    ("ro", MountFlags::RDONLY),
];

/// Words that undo others, or say what is so anyway.
const DEFAULTS: [&str; 8] = ["rw", "exec", "suid", "dev", "atime", "diratime", "relatime", "strictatime"];

impl Inner {
    /// Mounts a volume in memory, unless it is mounted. Returns where.
    pub(crate) fn mount_volume(&self, name: &str, options: &str) -> Result<PathBuf, EngineError> {
        let _held = self.volume_directory(name)?.hold()?.ok_or_else(|| no_such(name))?;
        let path = self.home.volume_mount(name);
        make_directory(&self.home.run().join("volumes"), 0o711)?;
        make_directory(&path, 0o711)?;
        if is_mounted(&path)? {
            return Ok(path);
        }
        let words = || options.split(',').filter(|word| !word.is_empty());
        let flags = FLAGS.iter().filter(|(word, _)| words().any(|found| found == *word));
        let flags = flags.fold(MountFlags::empty(), |all, (_, flag)| all | *flag);
        let own: Vec<&str> = words()
            .filter(|word| !DEFAULTS.contains(word) && FLAGS.iter().all(|(flag, _)| flag != word))
            .collect();
        let failed = |source: io::Error| EngineError::System {
            operation: format!("mount volume `{name}` ({options})"),
            source,
        };
        let data = CString::new(own.join(",")).map_err(|error| failed(error.into()))?;
        mount("tmpfs", &path, "tmpfs", flags, data.as_c_str()).map_err(|error| failed(error.into()))?;
        Ok(path)
    }

    /// Takes the mount of a volume away, if there is one.
    pub(super) fn unmount_volume(&self, name: &str) -> Result<(), EngineError> {
        let path = self.home.volume_mount(name);
        if !path.exists() {
            return Ok(());
        }
        let failed = |source: io::Error| EngineError::System {
            operation: format!("unmount `{}`", path.display()),
            source,
        };
        while is_mounted(&path)? {
            // Whoever still looks into it keeps it.
            unmount(&path, UnmountFlags::DETACH).map_err(|error| failed(error.into()))?;
        }
        match fs::remove_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }

    /// Whether a container has a volume that is mounted on the host for it.
    pub(crate) fn has_mounted_volumes(&self, container: &Container) -> Result<bool, EngineError> {
        for point in &container.config.host.volume_points {
            if matches!(self.backing_of(&point.name)?, Backing::Tmpfs { .. }) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes the mounts of volumes away that no container needs any more.
    pub(crate) fn settle_mounted_volumes(&self) -> Result<(), EngineError> {
        let directory = self.home.run().join("volumes");
        let Ok(entries) = fs::read_dir(&directory) else { return Ok(()) };
        for entry in entries {
            let entry =
                entry.map_err(|source| EngineError::OpenDirectory { path: directory.clone(), source })?;
            if let Some(name) = entry.file_name().to_str() {
                self.unmount_unused(name)?;
            }
        }
        Ok(())
    }

    /// The same for a container that has just ended, waiting for its monitor to let go of it.
    ///
    /// # Errors
    /// What keeps it from being looked at; that it is gone, or runs again, is no error.
    pub(crate) fn settle_volumes_of_ended(
        &self,
        reference: &str,
        patience: Duration,
    ) -> Result<(), EngineError> {
        let found = match self.find(reference) {
            Err(error) if error.kind() == Kind::NotFound => return self.settle_mounted_volumes(),
            found => found?,
        };
        if !self.has_mounted_volumes(&found)? {
            return Ok(());
        }
        match self.reserve(&found.id, patience) {
            Ok(Reservation::Granted(lock, _)) => drop(lock),
            Ok(Reservation::Running(_)) | Err(EngineError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        self.settle_mounted_volumes()
    }

    fn unmount_unused(&self, name: &str) -> Result<(), EngineError> {
        // Whoever is about to start a container with it holds it while it mounts it, and its container's lock until that runs.
        let _held = self.volume_directory(name)?.hold()?;
        for user in self.store.read(|tx| tx.users_of_volume(name))? {
            let Ok(id) = user.parse::<ContainerId>() else { continue };
            if corten_journal::FileLock::is_held(&self.home.rootfs_lock(&id))? {
                return Ok(());
            }
        }
        self.unmount_volume(name)
    }
}

/// What is mounted is on another device than what it is mounted on.
fn is_mounted(path: &Path) -> Result<bool, EngineError> {
    let failed = |source| EngineError::ReadFile { path: path.to_owned(), source };
    let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).map_err(failed);
    let parent = path.parent().unwrap_or(path);
    Ok(device(path)? != device(parent)?)
}
