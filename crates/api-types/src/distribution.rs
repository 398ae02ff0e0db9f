//! What a name stands for in its registry: `GET /distribution/{name}/json`, and Corten's own `GET /corten/v1/manifests/{name}`.

use corten_spec::image::Descriptor;
use corten_spec::platform::Platform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::null::null_default;

/// Path of `corten manifest inspect` (GET, an image's name behind it; `?inner=1` for the manifests of an index too, `?insecure=1` to
/// believe the registry without proof).
pub const MANIFESTS_PATH: &str = "/corten/v1/manifests";

/// What a name stands for, in short.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DistributionInspect {
    /// The manifest or index.
    #[schemars(schema_with = "descriptor")]
    pub descriptor: Descriptor,
    /// What it is for.
    #[serde(default, deserialize_with = "null_default")]
    #[schemars(schema_with = "platforms")]
    pub platforms: Vec<Platform>,
}

/// What a name stands for, as it is there.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RemoteImage {
    /// The manifest or index.
    pub target: RemoteManifest,
    /// The manifests of an index, if they were wanted.
    #[serde(default)]
    pub inner: Vec<RemoteManifest>,
}

/// A manifest or index.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RemoteManifest {
    /// Its name in full.
    #[serde(rename = "Ref")]
    pub reference: String,
    /// What it is; for a manifest with its platform.
    #[schemars(schema_with = "descriptor")]
    pub descriptor: Descriptor,
    /// The document, in base64.
    pub raw: String,
}

/// What the OCI image specification calls a descriptor, with the fields that every one has.
fn descriptor(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["mediaType", "digest", "size"],
        "properties": {
            "mediaType": {"type": "string"},
            "digest": {"type": "string", "description": "`sha256:…`."},
            "size": {"type": "integer", "description": "Bytes."},
        },
    })
}

/// Platforms as the same specification writes them.
fn platforms(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["architecture", "os"],
            "properties": {"architecture": {"type": "string"}, "os": {"type": "string"}},
        },
    })
}
