//! Blobs by digest, in the form of an OCI image layout.
//!
//! A blob has its name only once it is complete and verified. It does not know what blobs mean or who needs them.

mod arrival;
mod download;
mod error;
mod hasher;
mod ingest;
mod partials;
mod store;
mod usage;

pub use arrival::ArrivalReader;
pub use download::{Arrived, Begun, Download};
pub use error::ContentError;
pub use hasher::Hasher;
pub use ingest::Ingest;
pub use partials::Partial;
pub use store::Content;
pub use usage::Usage;
