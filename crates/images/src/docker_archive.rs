//! Finds the images of a docker-archive: `manifest.json` names configurations, tags and layers by their paths.
//!
//! Such an archive has no manifests that a registry knows, so one is made; what is pushed later has its digest. The form
//! without `manifest.json` (Docker before 1.10) is not read.

use corten_content::Content;
use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, ImageConfig, Manifest, media_type};
use corten_spec::platform::{Platform, choose};
use corten_spec::reference::Reference;
use serde::Deserialize;

use crate::ImagesError;
use crate::compression::docker_layer_type;
use crate::documents::{from_bytes, parse};
use crate::found::{Found, FoundImage, Target};
use crate::intake::Intake;

/// One image of `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// The images of the archive; with a wanted platform, those that fit it.
pub(crate) fn find(
    intake: &Intake,
    content: &Content,
    wanted: &[Platform],
) -> Result<Vec<Found>, ImagesError> {
    let document = intake.document("manifest.json").ok_or(ImagesError::NoImages)?;
    let items: Vec<Item> = from_bytes(document, "manifest.json", "a list of images")?;
    let mut found = Vec::new();
    let mut others = Vec::new();
    for item in items {
        let config = intake.member(&item.config)?;
        if !wanted.is_empty() {
            let platform = parse::<ImageConfig>(content, config, "an image configuration")?.platform;
            if !wanted.iter().any(|wanted| choose(wanted, std::slice::from_ref(&platform)).is_some()) {
                others.push(platform);
                continue;
            }
        }
        let names = item
            .repo_tags
            .iter()
            .flatten()
            .map(|name| Reference::parse(name).map(Reference::with_default_tag));
        let names = names.collect::<Result<Vec<_>, _>>()?;
        let manifest = manifest(intake, content, config, item.layers.as_deref().unwrap_or_default())?;
        let media_type = media_type::DOCKER_MANIFEST.to_owned();
        let target = Target { digest: manifest.clone(), media_type, is_made: true };
        found.push(Found::alone(FoundImage::read_whole(content, manifest, target)?, names));
    }
    match wanted.first() {
        Some(wanted) if found.is_empty() => {
            Err(ImagesError::NoPlatform { wanted: Box::new(wanted.clone()), available: others })
        }
        _ => Ok(found),
    }
}

/// Makes the manifest of an image and takes it in.
fn manifest(
    intake: &Intake,
    content: &Content,
    config: &Digest,
    layers: &[String],
) -> Result<Digest, ImagesError> {
    let describe = |media_type: &str, digest: &Digest| -> Result<Descriptor, ImagesError> {
        Ok(Descriptor::new(media_type, digest.clone(), content.size(digest)?))
    };
    let layers = layers.iter().map(|path| {
        let digest = intake.member(path)?;
        let layer_type =
            docker_layer_type(content.reader(digest)?).map_err(ImagesError::file("read", path))?;
        describe(layer_type, digest)
    });
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(media_type::DOCKER_MANIFEST.to_owned()),
        artifact_type: None,
        config: describe(media_type::DOCKER_CONFIG, config)?,
        layers: layers.collect::<Result<_, _>>()?,
        subject: None,
        annotations: std::collections::BTreeMap::new(),
    };
    let what = "an image manifest";
    let document = serde_json::to_vec(&manifest).map_err(|source| ImagesError::Document {
        name: config.to_string(),
        what,
        source,
    })?;
    Ok(content.put(&document, None)?)
}
