//! The file system of a container as an archive, whether it runs or not.
//!
//! It is read from the layers as they lie there, and no mount is needed: what is mounted in the container is not part of it, and a
//! container that runs goes on meanwhile.

use std::io::Write;
use std::path::PathBuf;

use corten_layer_tar::{Limits, pack_tree};
use corten_snapshots::ContainerFiles;

use super::record::Container;
use super::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// A file system that is about to be packed.
#[derive(Debug)]
pub struct Export {
    container: Container,
    /// The topmost first.
    layers: Vec<PathBuf>,
}

impl Containers {
    /// Finds what the file system of a container consists of.
    ///
    /// # Errors
    /// Not found; conflict while it is being removed.
    pub async fn export(&self, reference: &str) -> Result<Export, EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || inner.export(&reference)).await
    }

    /// Writes the archive; blocks in `into`, so it is given a thread of its own.
    ///
    /// # Errors
    /// A file that cannot be read, one that no archive can hold, a container that is removed meanwhile.
    pub async fn write_export<W: Write + Send + 'static>(
        &self,
        export: Export,
        into: W,
    ) -> Result<(), EngineError> {
        let inner = self.inner.clone();
        blocking(move || {
            pack_tree(&export.layers, into, &Limits::default())?;
            // Of one that is being removed some is gone already.
            inner.refuse_removed(&inner.find_again(&export.container.id)?, "export")?;
            inner.tell(&export.container, "export", [].into())
        })
        .await
    }
}

impl Inner {
    fn export(&self, reference: &str) -> Result<Export, EngineError> {
        let container = self.find(reference)?;
        self.refuse_removed(&container, "export")?;
        let mut layers = vec![ContainerFiles::of(self.home.root(), &container.id).upper()];
        layers.extend(self.layer_paths(&container)?);
        Ok(Export { container, layers })
    }

    /// Refuses to do something with a container that is about to be gone.
    pub(super) fn refuse_removed(&self, container: &Container, verb: &str) -> Result<(), EngineError> {
        if container.is_being_removed() {
            let id = &container.id;
            return Err(EngineError::Conflict(format!(
                "You cannot {verb} container {id} which is being removed"
            )));
        }
        Ok(())
    }
}
