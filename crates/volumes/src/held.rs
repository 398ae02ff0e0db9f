//! A volume's directory while nobody else makes, fills or removes it.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use crate::directory::{DATA, entries, open};
use crate::{VolumeName, VolumesError};

/// A volume that is held: until this is dropped, or its process ends.
#[derive(Debug)]
pub struct Held {
    pub(crate) directory: OwnedFd,
    pub(crate) path: PathBuf,
    pub(crate) parent: PathBuf,
    pub(crate) name: VolumeName,
}

impl Held {
    /// Whether there is nothing in the volume.
    ///
    /// # Errors
    /// [`VolumesError::Directory`].
    pub fn is_empty(&self) -> Result<bool, VolumesError> {
        let path = self.path.join(DATA);
        let Some(data) = open(&path)? else { return Ok(true) };
        let found =
            entries(&data).map_err(|source| VolumesError::Directory { verb: "list", path, source })?;
        Ok(found.is_empty())
    }

    /// Empties the volume.
    ///
    /// # Errors
    /// [`VolumesError::Remove`] when something cannot be removed; the rest is gone then. [`VolumesError::Directory`].
    pub fn clear(&self) -> Result<(), VolumesError> {
        let failed = |source| VolumesError::Directory { verb: "list", path: self.path.clone(), source };
        for name in entries(&self.directory).map_err(failed)? {
            corten_tree::remove(&self.directory, name).map_err(|source| self.not_removed(source))?;
        }
        crate::directory::make(&self.path.join(DATA), 0o755)
    }

    /// Removes the volume's directory with all that is in it. What containers left is hostile: links are not followed, mounts not
    /// entered, no depth is too deep.
    ///
    /// # Errors
    /// [`VolumesError::Remove`] when something cannot be removed; the rest is gone then. [`VolumesError::Directory`].
    pub fn remove(self) -> Result<(), VolumesError> {
        let Some(parent) = open(&self.parent)? else { return Ok(()) };
        corten_tree::remove(&parent, self.name.as_str()).map_err(|source| self.not_removed(source))
    }

    fn not_removed(&self, source: corten_tree::TreeError) -> VolumesError {
        VolumesError::Remove { volume: self.name.to_string(), source }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;
    use std::sync::atomic::{AtomicU32, Ordering};

    use crate::{VolumeDirectory, VolumeName};

    fn volume(root: &std::path::Path) -> VolumeDirectory {
        VolumeDirectory::of(root, "data".parse::<VolumeName>().unwrap())
    }

    #[test]
    fn a_new_volume_is_empty_and_its_parents_are_closed() {
        let root = tempfile::tempdir().unwrap();
        let volume = volume(root.path());
        assert!(volume.hold().unwrap().is_none());
        assert!(volume.make().unwrap().is_empty().unwrap());
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().mode() & 0o7777;
        let data = volume.data();
        let above = data.parent().unwrap();
        assert_eq!((mode(&data), mode(above), mode(above.parent().unwrap())), (0o755, 0o711, 0o711));
        fs::write(data.join("file"), "x").unwrap();
        assert!(!volume.make().unwrap().is_empty().unwrap());
        assert!(volume.disk_usage().unwrap() > 0);
    }

    #[test]
    fn nobody_else_holds_what_is_held() {
        let root = tempfile::tempdir().unwrap();
        let volume = volume(root.path());
        let held = volume.make().unwrap();
        assert!(volume.try_hold().unwrap().is_none());
        drop(held);
        assert!(volume.try_hold().unwrap().is_some());
    }

    #[test]
    fn who_waits_for_a_volume_that_is_removed_gets_a_new_one() {
        let root = tempfile::tempdir().unwrap();
        let volume = volume(root.path());
        let made = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let held = volume.make().unwrap();
                        // Whoever comes in finds a whole one, with nobody else in there.
                        assert!(held.is_empty().unwrap() && volume.data().is_dir());
                        fs::write(volume.data().join("mine"), "x").unwrap();
                        made.fetch_add(1, Ordering::Relaxed);
                        held.remove().unwrap();
                    }
                });
            }
        });
        assert_eq!(made.into_inner(), 400);
        assert!(volume.hold().unwrap().is_none());
    }

    #[test]
    fn clearing_leaves_an_empty_volume() {
        let root = tempfile::tempdir().unwrap();
        let volume = volume(root.path());
        let held = volume.make().unwrap();
        fs::create_dir_all(volume.data().join("a/b")).unwrap();
        held.clear().unwrap();
        assert!(held.is_empty().unwrap() && volume.data().is_dir());
    }
}
