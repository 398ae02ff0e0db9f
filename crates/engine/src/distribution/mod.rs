//! What registries are asked without an image coming or going: whether they let somebody in, and what a name stands for there.

mod login;
mod manifest;

pub use manifest::{ManifestRequest, RemoteImage, RemoteManifest};

use crate::containers::Containers;

/// The service. Cheap to clone; every clone is the same service.
#[derive(Debug, Clone)]
pub struct Distribution {
    containers: Containers,
}

impl Distribution {
    pub(crate) fn new(containers: Containers) -> Self {
        Self { containers }
    }
}
