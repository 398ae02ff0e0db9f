//! What a container has changed of its image's file system, whether it runs or not.
//!
//! It is read from the layers as they lie there: no mount is needed, and nothing that is mounted in the container is looked at.

use corten_layer_tar::{Change, Limits, changes};
use corten_snapshots::ContainerFiles;

use super::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// What a start makes where an image has nothing, for something to be mounted on.
const MOUNT_POINTS: [&str; 7] = ["dev", "etc", "etc/hostname", "etc/hosts", "etc/resolv.conf", "proc", "sys"];

impl Containers {
    /// The changed paths, in the order of their names, directories before what is in them.
    ///
    /// # Errors
    /// Not found; conflict while it is being removed; a directory that cannot be read.
    pub async fn changes(&self, reference: &str) -> Result<Vec<Change>, EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || inner.changes(&reference)).await
    }
}

impl Inner {
    fn changes(&self, reference: &str) -> Result<Vec<Change>, EngineError> {
        let container = self.find(reference)?;
        self.refuse_removed(&container, "compare")?;
        let upper = ContainerFiles::of(self.home.root(), &container.id).upper();
        let mut found = changes(&upper, &self.layer_paths(&container)?, &MOUNT_POINTS, &Limits::default())?;
        // Of one that is being removed some is gone already.
        self.refuse_removed(&self.find_again(&container.id)?, "compare")?;
        for change in &mut found {
            change.path.insert(0, b'/');
        }
        Ok(found)
    }
}
