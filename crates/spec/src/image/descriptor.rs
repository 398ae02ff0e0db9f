//! A descriptor: what a piece of content is, how long, and its digest.
//! Content is neither fetched nor verified.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::omit::null_as_default;
use crate::platform::Platform;

/// Annotation: the reference of a manifest in an image layout, a tag or a whole name.
pub const ANNOTATION_REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Annotation: the whole name that containerd, Docker and BuildKit write into an image layout.
pub const ANNOTATION_CONTAINERD_NAME: &str = "io.containerd.image.name";
/// Annotation: the digest of the manifest that another stands by; see [`Descriptor::attested`].
const ANNOTATION_DOCKER_DIGEST: &str = "vnd.docker.reference.digest";
/// Annotation: the kind of a manifest that stands by another; see [`Descriptor::is_attestation`].
const ANNOTATION_DOCKER_KIND: &str = "vnd.docker.reference.type";

/// Names content by its digest (OCI image-spec, `descriptor.md`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What the content is.
    pub media_type: String,
    /// Digest of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
    /// Other places to get it from.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub urls: Vec<String>,
    /// Free data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
    /// The content itself in base64, when it is short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// What an image was built for; in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// What an artifact that is no image is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
}

impl Descriptor {
    /// A descriptor with what every one has.
    pub fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest,
            size,
            urls: Vec::new(),
            annotations: BTreeMap::new(),
            data: None,
            platform: None,
            artifact_type: None,
        }
    }

    /// The digest of the manifest whose attestation it is, where it is one that says so.
    pub fn attested(&self) -> Option<Digest> {
        let digest = self.annotations.get(ANNOTATION_DOCKER_DIGEST).filter(|_| self.is_attestation())?;
        digest.parse().ok()
    }

    /// Whether it is what BuildKit puts beside an image to tell how it was built: never something to run.
    pub fn is_attestation(&self) -> bool {
        self.annotations.get(ANNOTATION_DOCKER_KIND).is_some_and(|kind| kind == "attestation-manifest")
    }
}
