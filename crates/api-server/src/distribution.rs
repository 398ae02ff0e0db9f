//! What names stand for in their registries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corten_api_types::distribution::{DistributionInspect, RemoteImage, RemoteManifest};
use corten_engine::{Engine, ManifestRequest};
use corten_spec::image::Descriptor;
use corten_spec::reference::Reference;

use crate::failure::Failure;
use crate::registry_auth::credentials;
use crate::request::Request;
use crate::respond::{self, Answer};

/// `GET /distribution/{name}/json`.
pub(crate) async fn inspect(engine: &Engine, name: &str, request: Request) -> Answer {
    let image = engine.distribution.manifest(manifest_request(name, &request)?).await?;
    respond::json(&inspected(image.target.descriptor, image.named))
}

fn inspected(target: Descriptor, named: Vec<Descriptor>) -> DistributionInspect {
    let platforms = target.platform.clone().into_iter();
    DistributionInspect {
        platforms: platforms.chain(named.into_iter().filter_map(|named| named.platform)).collect(),
        // What it is for stands beside it.
        descriptor: Descriptor { platform: None, ..target },
    }
}

/// `GET /corten/v1/manifests/{name}`.
pub(crate) async fn manifests(engine: &Engine, name: &str, request: Request) -> Answer {
    let image = engine.distribution.manifest(manifest_request(name, &request)?).await?;
    respond::json(&RemoteImage {
        target: manifest(image.target),
        inner: image.inner.into_iter().map(manifest).collect(),
    })
}

fn manifest_request(name: &str, request: &Request) -> Result<ManifestRequest, Failure> {
    let reference = Reference::parse(name).map_err(|error| Failure::invalid(error.to_string()))?;
    Ok(ManifestRequest {
        reference: reference.with_default_tag(),
        credentials: credentials(request.inner.headers()),
        is_insecure: request.query.flag("insecure"),
        with_inner: request.query.flag("inner"),
    })
}

fn manifest(manifest: corten_engine::RemoteManifest) -> RemoteManifest {
    RemoteManifest {
        reference: manifest.reference.to_string(),
        descriptor: manifest.descriptor,
        raw: STANDARD.encode(&manifest.bytes),
    }
}

#[cfg(test)]
mod tests {
    use corten_spec::image::media_type::{OCI_INDEX, OCI_MANIFEST};

    use super::*;

    fn descriptor(media_type: &str, platform: Option<&str>) -> Descriptor {
        let digest = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
        let platform = platform.map(|text| text.parse().unwrap());
        Descriptor { platform, ..Descriptor::new(media_type, digest, 7) }
    }

    #[test]
    fn platforms_stand_beside_the_descriptor_those_of_an_index_as_well() {
        let of_index = [Some("linux/amd64"), None, Some("linux/arm64/v8")];
        let named = of_index.map(|platform| descriptor(OCI_MANIFEST, platform)).to_vec();
        let inspect = inspected(descriptor(OCI_INDEX, None), named);
        let platforms: Vec<String> = inspect.platforms.iter().map(ToString::to_string).collect();
        assert_eq!(platforms, ["linux/amd64", "linux/arm64/v8"]);
        let inspect = inspected(descriptor(OCI_MANIFEST, Some("linux/amd64")), Vec::new());
        let expected = serde_json::json!({
            "Descriptor": {"mediaType": OCI_MANIFEST, "digest": format!("sha256:{}", "0".repeat(64)), "size": 7},
            "Platforms": [{"architecture": "amd64", "os": "linux"}],
        });
        assert_eq!(serde_json::to_value(&inspect).unwrap(), expected);
    }
}
