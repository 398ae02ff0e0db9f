//! Gives unpacked layers their names and records: of those that survive a loss of power alone, and all of an image at once.
//!
//! A record means that the directory of that name is whole, and stays as it is. So names are given under a lock of their own, by whoever finds no
//! record, and the record follows before the lock is free: whoever finds a directory without one then knows that a crash left it.

use std::path::{Path, PathBuf};

use corten_state::{Durability, LayerRow, StateError};
use rustix::fs::{self, CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::layer_index::{self, WrittenIndex};
use crate::staging::Staging;
use crate::{Images, ImagesError};

/// The file whose lock is held while names are given.
const LOCK: &str = ".install";

/// A layer that is unpacked under a name of its own.
#[derive(Debug)]
pub(crate) struct StagedLayer {
    pub(crate) directory: Staging,
    pub(crate) index: WrittenIndex,
}

impl StagedLayer {
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path()
    }
}

/// A layer of an image, and where it lies now.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) row: LayerRow,
    pub(crate) at: PathBuf,
    /// Without a record yet.
    pub(crate) staged: Option<StagedLayer>,
}

impl Images {
    /// Names and records the layers that are not yet; the rows of all, in the same order.
    pub(crate) fn install(&self, placed: Vec<Placed>) -> Result<Vec<LayerRow>, ImagesError> {
        if placed.iter().all(|layer| layer.staged.is_none()) {
            return Ok(placed.into_iter().map(|layer| layer.row).collect());
        }
        // Of all ways the quickest by far: a file system flushes itself in one go, thousands of files would each cost a disk access.
        self.synchronise(&self.layers, fs::syncfs)?;
        let lock = self.layers.join(LOCK);
        let _lock = lock_file(&lock).map_err(ImagesError::file("lock", &lock))?;
        let mut rows = Vec::new();
        for Placed { row, staged, .. } in placed {
            if let Some(staged) = staged
                && !self.is_standing(&row)?
            {
                staged.index.install(&row.id)?;
                staged.directory.install(&row.id)?;
            }
            rows.push(row);
        }
        self.synchronise(&self.layers.join(layer_index::DIRECTORY), fs::fsync)?;
        self.synchronise(&self.layers, fs::fsync)?;
        let insert = |t: &corten_state::Writer<'_>| rows.iter().map(|row| t.insert_layer(row)).collect();
        Ok(self.store.write::<_, StateError>(Durability::Normal, insert)?)
    }

    /// Whether somebody else has recorded the layer since.
    fn is_standing(&self, row: &LayerRow) -> Result<bool, ImagesError> {
        let found = self.store.read::<_, StateError>(|t| t.layer(&row.diff_id, &row.chain_id))?;
        Ok(found.is_some_and(|found| self.layer_path(&found.id).is_dir()))
    }

    fn synchronise(
        &self,
        directory: &Path,
        how: impl Fn(rustix::fd::OwnedFd) -> rustix::io::Result<()>,
    ) -> Result<(), ImagesError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        fs::openat(CWD, directory, flags, Mode::empty())
            .and_then(how)
            .map_err(ImagesError::file("synchronise", directory))
    }
}

fn lock_file(path: &Path) -> rustix::io::Result<rustix::fd::OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
    let file = fs::openat(CWD, path, flags, Mode::from_raw_mode(0o600))?;
    loop {
        match fs::flock(&file, FlockOperation::LockExclusive) {
            Err(Errno::INTR) => {}
            locked => return locked.map(|()| file),
        }
    }
}
