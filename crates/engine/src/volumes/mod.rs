//! Volumes: directories that outlive containers. One file per thing that can be done with them.

mod create;
mod events;
mod fill;
mod list;
mod mounted;
mod options;
mod prune;
mod record;
mod remove;
mod settle;
mod usage;

pub use create::VolumeCreation;
pub(crate) use create::{ANONYMOUS, NewVolume};
pub use list::VolumeFilter;
pub(crate) use options::Backing;
pub use prune::VolumesPruned;
pub use record::{Volume, VolumeUsage};

use std::path::PathBuf;

use corten_volumes::{VolumeDirectory, VolumeName};

use crate::containers::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// The one driver that there is.
pub(crate) const LOCAL: &str = "local";

/// The service. Cheap to clone; every clone is the same service.
#[derive(Debug, Clone)]
pub struct Volumes {
    containers: Containers,
}

impl Volumes {
    pub(crate) fn new(containers: Containers) -> Self {
        Self { containers }
    }

    /// Looks at one volume.
    ///
    /// # Errors
    /// Not found, in Docker's words.
    pub async fn inspect(&self, name: &str) -> Result<Volume, EngineError> {
        let (inner, name) = (self.containers.inner.clone(), name.to_owned());
        blocking(move || inner.volume(&name)).await
    }

    /// Where a volume's files are, whether it is there or not.
    #[must_use]
    pub fn mountpoint(&self, name: &str) -> PathBuf {
        self.containers.inner.home.volume_data(name)
    }
}

impl Inner {
    /// The volume of this name.
    pub(crate) fn volume(&self, name: &str) -> Result<Volume, EngineError> {
        let row = self.store.read(|tx| tx.volume(name))?.filter(|row| !row.is_removing);
        row.map(|row| self.volume_of(row)).unwrap_or_else(|| Err(no_such(name)))
    }

    pub(crate) fn volume_directory(&self, name: &str) -> Result<VolumeDirectory, EngineError> {
        let name: VolumeName =
            name.parse().map_err(|error| EngineError::Invalid(format!("create {name}: {error}")))?;
        Ok(VolumeDirectory::of(self.home.root(), name))
    }
}

pub(crate) fn no_such(name: &str) -> EngineError {
    EngineError::NotFound(format!("get {name}: no such volume"))
}
