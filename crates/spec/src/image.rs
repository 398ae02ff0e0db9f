//! Documents of images: descriptors, indexes, manifests and configurations, OCI's and Docker's.
//! Fields that are not known are passed over: whoever needs a document's digest keeps its bytes.
//!
//! Source: OCI image-spec 1.1; Docker's `Image Manifest Version 2, Schema 2`.

mod config;
mod descriptor;
mod index;
mod manifest;
pub mod media_type;

pub use config::{ContainerConfig, Healthcheck, History, ImageConfig, Rootfs};
pub use descriptor::{ANNOTATION_CONTAINERD_NAME, ANNOTATION_REF_NAME, Descriptor};
pub use index::Index;
pub use manifest::Manifest;

#[cfg(test)]
mod tests;
