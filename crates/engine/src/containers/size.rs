//! How large a container is: what it has written, and what it stands on.
//!
//! It is measured whenever it is asked for, which takes long for many files: nothing asks unless its user does.

use corten_snapshots::ContainerFiles;

use super::record::Container;
use super::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// Bytes in files, as Docker counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ContainerSize {
    /// Of what the container has written.
    pub writable: u64,
    /// Of that and of its image's layers.
    pub total: u64,
}

impl Containers {
    /// Measures containers, in their order. One that is gone meanwhile is empty.
    ///
    /// # Errors
    /// When what a container has written cannot be read; the database.
    pub async fn sizes(&self, containers: &[Container]) -> Result<Vec<ContainerSize>, EngineError> {
        let (inner, containers) = (self.inner.clone(), containers.to_vec());
        blocking(move || containers.iter().map(|container| inner.size(container)).collect()).await
    }
}

impl Inner {
    pub(super) fn size(&self, container: &Container) -> Result<ContainerSize, EngineError> {
        let layers = self.store.read(|tx| tx.layers_of_container(container.id.as_str()))?;
        let writable = ContainerFiles::of(self.home.root(), &container.id).size()?;
        let total = layers.iter().fold(writable, |total, layer| total.saturating_add(layer.size));
        Ok(ContainerSize { writable, total })
    }
}
