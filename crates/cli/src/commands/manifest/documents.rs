//! Manifests as Docker's client prints them: the fields that it knows, in its order.

use corten_api_types::distribution::RemoteManifest;
use corten_spec::image::{Descriptor, Index, media_type};
use corten_spec::platform::Platform;
use serde::Serialize;
use serde_json::value::RawValue;

/// An index, or Docker's manifest list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<'a> {
    schema_version: u32,
    media_type: &'static str,
    manifests: Vec<Item<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    media_type: &'a str,
    size: u64,
    digest: &'a str,
    platform: Runs<'a>,
}

/// A platform, which is always there.
#[derive(Serialize)]
struct Runs<'a> {
    architecture: &'a str,
    os: &'a str,
    #[serde(rename = "os.version", skip_serializing_if = "Option::is_none")]
    os_version: Option<&'a str>,
    #[serde(rename = "os.features", skip_serializing_if = "<[String]>::is_empty")]
    os_features: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
}

/// A manifest with everything about it.
#[derive(Serialize)]
struct Verbose<'a> {
    #[serde(rename = "Ref")]
    reference: &'a str,
    #[serde(rename = "Descriptor")]
    descriptor: Described<'a>,
    #[serde(rename = "Raw")]
    raw: &'a str,
    #[serde(rename = "SchemaV2Manifest", skip_serializing_if = "Option::is_none")]
    docker: Option<&'a RawValue>,
    #[serde(rename = "OCIManifest", skip_serializing_if = "Option::is_none")]
    oci: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described<'a> {
    media_type: &'a str,
    digest: &'a str,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<Runs<'a>>,
}

impl<'a> List<'a> {
    pub(super) fn of(index: &'a Index) -> Self {
        // Docker's client goes by the first.
        let is_oci =
            index.manifests.first().is_some_and(|first| first.media_type == media_type::OCI_MANIFEST);
        let kind = if is_oci { media_type::OCI_INDEX } else { media_type::DOCKER_INDEX };
        let manifests = index.manifests.iter().map(item).collect();
        Self { schema_version: 2, media_type: kind, manifests }
    }
}

fn item(descriptor: &Descriptor) -> Item<'_> {
    let nothing = Runs { architecture: "", os: "", os_version: None, os_features: &[], variant: None };
    Item {
        media_type: &descriptor.media_type,
        size: descriptor.size,
        digest: descriptor.digest.as_str(),
        platform: descriptor.platform.as_ref().map_or(nothing, runs),
    }
}

fn runs(platform: &Platform) -> Runs<'_> {
    Runs {
        architecture: &platform.architecture,
        os: &platform.os,
        os_version: platform.os_version.as_deref(),
        os_features: &platform.os_features,
        variant: platform.variant.as_deref(),
    }
}

/// The JSON of a manifest whose document is `text`.
pub(super) fn verbose(manifest: &RemoteManifest, text: &str) -> serde_json::Result<String> {
    let RemoteManifest { reference, descriptor, raw } = manifest;
    let document: &RawValue = serde_json::from_str(text)?;
    let is_docker = descriptor.media_type == media_type::DOCKER_MANIFEST;
    serde_json::to_string(&Verbose {
        reference,
        descriptor: Described {
            media_type: &descriptor.media_type,
            digest: descriptor.digest.as_str(),
            size: descriptor.size,
            platform: descriptor.platform.as_ref().map(runs),
        },
        raw,
        docker: is_docker.then_some(document),
        oci: (!is_docker).then_some(document),
    })
}
