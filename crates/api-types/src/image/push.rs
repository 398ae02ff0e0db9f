//! What `POST /images/{name}/push` tells programs (`aux`) beside its lines for people.

use corten_spec::image::Descriptor;
use serde::{Deserialize, Serialize};

/// What a tag stands for in the registry now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PushResult {
    /// The tag.
    pub tag: String,
    /// `sha256:…` of the manifest or index.
    pub digest: String,
    /// Its length in bytes.
    pub size: u64,
}

/// That one platform of an image was pushed, since not all of them are here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestPushedInsteadOfIndex {
    /// Always true: it tells this note from others.
    pub manifest_pushed_instead_of_index: bool,
    /// What was asked for.
    pub original_index: Descriptor,
    /// What was pushed.
    pub selected_manifest: Descriptor,
}
