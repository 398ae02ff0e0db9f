//! What registries are asked without an image coming or going: whether they let somebody in, and what a name stands for there, what they find.

mod login;
mod manifest;
mod search;

pub use manifest::{ManifestRequest, RemoteImage, RemoteManifest};
pub use search::SearchQuery;

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
