//! Writes small, reproducible OCI image archives: the hello image that the build embeds, and images that tests load.
//!
//! Equal input gives equal bytes: no clock, no owner, no order but the caller's. It reads no archive and no file,
//! and is not meant for layers that do not fit into memory: what users build and save goes other ways.

mod archive;
mod entry;
mod layer;
mod tarball;

pub use archive::{Archive, Config, go_architecture};
pub use entry::Entry;
pub use layer::{Compression, Layer, digest};
