//! Blobs by digest, in the form of an OCI image layout.
//!
//! A blob has its name only once it is complete and verified. It does not know what blobs mean or who needs them.

mod error;
mod hasher;
mod ingest;
mod store;

pub use error::ContentError;
pub use hasher::Hasher;
pub use ingest::Ingest;
pub use store::Content;
