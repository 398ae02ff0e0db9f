//! Reading the JSON documents that images consist of.
//!
//! It does not follow what they refer to.

use corten_content::{Content, ContentError};
use corten_spec::digest::Digest;
use serde::de::DeserializeOwned;

use crate::ImagesError;

/// Docker's registry takes manifests of up to 4 MiB; configurations may be somewhat larger. Nothing is read beyond.
pub(crate) const LIMIT: u64 = 16 << 20;

/// Reads and verifies a document of the content store.
pub(crate) fn read(content: &Content, digest: &Digest) -> Result<Vec<u8>, ImagesError> {
    content.read(digest, LIMIT).map_err(|error| match error {
        ContentError::Absent { digest } => ImagesError::Lacks(digest.to_string()),
        error => error.into(),
    })
}

/// Reads a document of the content store as a value.
pub(crate) fn parse<T: DeserializeOwned>(
    content: &Content,
    digest: &Digest,
    what: &'static str,
) -> Result<T, ImagesError> {
    from_bytes(&read(content, digest)?, digest.as_str(), what)
}

/// Reads a document that is called `name` as a value.
pub(crate) fn from_bytes<T: DeserializeOwned>(
    bytes: &[u8],
    name: &str,
    what: &'static str,
) -> Result<T, ImagesError> {
    serde_json::from_slice(bytes).map_err(|source| ImagesError::Document {
        name: name.to_owned(),
        what,
        source,
    })
}
