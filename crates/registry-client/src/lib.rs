//! The client of the OCI distribution protocol: reads and writes manifests, blobs, tags and referrers of registries.
//!
//! It stores nothing, unpacks nothing, chooses no platform, reads no environment, and opens no files but the certificates that it is pointed
//! at. It does not verify the digest of a blob: whoever takes the bytes in hashes them anyway, so that job is theirs. Manifests are verified
//! here. Other places that a descriptor names (`urls`) are never asked.
//!
//! Source: OCI distribution-spec 1.1; Docker's token authentication specification; RFC 9110.

pub mod answer;
mod asked;
mod authentication;
mod blob;
mod broken;
mod client;
mod configuration;
mod credentials;
mod endpoint;
mod error;
mod exchange;
mod failure;
mod file;
mod host;
mod incoming;
mod insecure;
mod manifest;
mod pages;
mod patience;
mod payload;
mod persist;
mod proxies;
mod push;
mod referrers;
mod repository;
mod request;
mod retry;
mod search;
mod tags;
mod transport;
mod upload;
mod wire;

pub use answer::search::FoundRepository;
pub use asked::{Action, Asked};
pub use blob::BlobStream;
pub use client::Client;
pub use configuration::{Configuration, Mirror, Timeouts};
pub use credentials::{Credentials, Keychain};
pub use error::Error;
pub use failure::Failure;
pub use file::FileStream;
pub use host::{BadHost, Host};
pub use insecure::{BadNetwork, InsecureRegistries};
pub use manifest::{FetchedManifest, TagOrDigest};
pub use payload::{BlobSource, Reading};
pub use proxies::Proxies;
pub use push::Pushed;
pub use repository::Repository;
pub use retry::Retries;
