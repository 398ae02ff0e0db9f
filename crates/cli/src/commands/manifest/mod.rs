//! Commands on manifests in registries.

mod documents;
pub(super) mod inspect;
