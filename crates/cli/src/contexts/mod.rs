//! Contexts: names for engines, with what is needed to reach them, in the files of Docker's own client.
//!
//! Neither they nor the configuration are held: Docker's client may change them at any time.

mod archive;
mod current;
mod metadata;
mod name;
mod place;
mod store;
mod tls_files;

pub(crate) use archive::{pack, unpack};
pub(crate) use current::{current, default_endpoint, named_host};
pub(crate) use metadata::{DOCKER, DockerEndpoint, Metadata};
pub(crate) use name::validate;
pub(crate) use store::Store;
pub(crate) use tls_files::TlsFiles;

/// The context that is no file: what flags and environment say, or the engine of this host.
pub(crate) const DEFAULT: &str = "default";
