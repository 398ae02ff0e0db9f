//! The documents of an archive that `save` writes: what says which images it holds.
//!
//! `index.json` is for whoever reads OCI image layouts, `manifest.json` for whoever reads what `docker save` writes, and
//! `repositories` for Docker before 1.10, as Docker 25 and later write all of them.

use std::collections::BTreeMap;

use corten_spec::digest::Digest;
use corten_spec::image::{
    ANNOTATION_CONTAINERD_NAME, ANNOTATION_REF_NAME, Descriptor, Index, Manifest, media_type,
};
use corten_spec::reference::Reference;
use serde::Serialize;

use crate::ImagesError;

/// The version that an OCI image layout states.
pub(crate) const LAYOUT: &[u8] = b"{\"imageLayoutVersion\": \"1.0.0\"}";

/// An image as the documents tell of it.
#[derive(Debug)]
pub(crate) struct Described {
    /// What `index.json` leads to: the image's manifest, an index, or several manifests for as many platforms.
    pub(crate) targets: Vec<Descriptor>,
    pub(crate) manifest: Manifest,
    pub(crate) names: Vec<Reference>,
}

/// One image of `manifest.json`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// The documents by their paths.
pub(crate) fn documents(
    images: &[Described],
    referrers: &[Descriptor],
) -> Result<Vec<(&'static str, Vec<u8>)>, ImagesError> {
    let manifest: Vec<Item> = images.iter().map(item).collect();
    let mut documents = vec![
        ("index.json", json("index.json", &index(images, referrers))?),
        ("manifest.json", json("manifest.json", &manifest)?),
        ("oci-layout", LAYOUT.to_vec()),
    ];
    let repositories = repositories(images);
    if !repositories.is_empty() {
        documents.push(("repositories", json("repositories", &repositories)?));
    }
    Ok(documents)
}

/// The path of a blob.
pub(crate) fn blob_path(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm().as_str(), digest.hex())
}

/// Every name has descriptors of its own, and so have images without one, and what belongs to them.
fn index(images: &[Described], referrers: &[Descriptor]) -> Index {
    let manifests = images.iter().flat_map(|image| {
        let plain = image.targets.iter().filter(|_| image.names.is_empty()).cloned();
        let named =
            image.names.iter().flat_map(|name| image.targets.iter().map(|target| named(target, name)));
        plain.chain(named)
    });
    Index {
        schema_version: 2,
        media_type: Some(media_type::OCI_INDEX.to_owned()),
        manifests: manifests.chain(referrers.iter().cloned()).collect(),
        ..Index::default()
    }
}

fn named(target: &Descriptor, name: &Reference) -> Descriptor {
    let mut named = target.clone();
    named.annotations.insert(ANNOTATION_CONTAINERD_NAME.to_owned(), name.to_string());
    let tag = name.tag().unwrap_or_default();
    named.annotations.insert(ANNOTATION_REF_NAME.to_owned(), tag.to_owned());
    named
}

fn item(image: &Described) -> Item {
    Item {
        config: blob_path(&image.manifest.config.digest),
        repo_tags: Some(image.names.iter().map(Reference::familiar).collect())
            .filter(|names: &Vec<_>| !names.is_empty()),
        layers: image.manifest.layers.iter().map(|layer| blob_path(&layer.digest)).collect(),
    }
}

/// The uppermost layer by repository and tag.
fn repositories(images: &[Described]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut repositories: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for image in images {
        let Some(top) = image.manifest.layers.last() else { continue };
        for name in &image.names {
            let tag = name.tag().unwrap_or_default().to_owned();
            repositories.entry(name.familiar_name()).or_default().insert(tag, top.digest.hex().to_owned());
        }
    }
    repositories
}

fn json<T: Serialize>(name: &str, value: &T) -> Result<Vec<u8>, ImagesError> {
    serde_json::to_vec(value).map_err(|source| ImagesError::Document {
        name: name.to_owned(),
        what: "a document of an archive",
        source,
    })
}

#[cfg(test)]
mod tests {
    use corten_content::Hasher;
    use corten_spec::digest::Algorithm;
    use expect_test::expect;

    use super::*;

    fn described(names: &[&str], layer: &str) -> Described {
        let blob = |kind: &str, text: &str| {
            Descriptor::new(kind, Hasher::digest(Algorithm::Sha256, text.as_bytes()), 3)
        };
        Described {
            targets: vec![blob(media_type::OCI_MANIFEST, &format!("manifest of {layer}"))],
            manifest: Manifest {
                schema_version: 2,
                media_type: None,
                artifact_type: None,
                config: blob(media_type::OCI_CONFIG, &format!("config of {layer}")),
                layers: vec![blob(media_type::OCI_LAYER_GZIP, layer)],
                subject: None,
                annotations: BTreeMap::new(),
            },
            names: names.iter().map(|name| name.parse().unwrap()).collect(),
        }
    }

    fn shown(images: &[Described]) -> String {
        let mut text = String::new();
        for (path, document) in documents(images, &[]).unwrap() {
            text.push_str(&format!("{path}: {}\n", String::from_utf8(document).unwrap()));
        }
        text
    }

    #[test]
    fn every_reader_finds_the_names_where_it_looks() {
        let images = [described(&["alpine:3", "ghcr.io/a/b:1"], "one"), described(&[], "two")];
        expect![[r#"
            index.json: {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:7fca62d60711cd62a65fdbb508289e753badcdc0a5913a1d45c783a7643673bf","size":3,"annotations":{"io.containerd.image.name":"docker.io/library/alpine:3","org.opencontainers.image.ref.name":"3"}},{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:7fca62d60711cd62a65fdbb508289e753badcdc0a5913a1d45c783a7643673bf","size":3,"annotations":{"io.containerd.image.name":"ghcr.io/a/b:1","org.opencontainers.image.ref.name":"1"}},{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:897f363f5739bf5fbc1e8f23a4068b3593f3f42baeb511ad4b093182f8adf238","size":3}]}
            manifest.json: [{"Config":"blobs/sha256/b19ecb99fefac4a95452005624495b424f9de370b2181986a8ab56711eb34624","RepoTags":["alpine:3","ghcr.io/a/b:1"],"Layers":["blobs/sha256/7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"]},{"Config":"blobs/sha256/780831d7baf22eff0a7900f43a0863acfcb09457579591608d839ade8a39a3d9","RepoTags":null,"Layers":["blobs/sha256/3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"]}]
            oci-layout: {"imageLayoutVersion": "1.0.0"}
            repositories: {"alpine":{"3":"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"},"ghcr.io/a/b":{"1":"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"}}
        "#]].assert_eq(&shown(&images));
    }

    #[test]
    fn an_image_without_a_name_stands_in_no_list_of_names() {
        assert!(!shown(&[described(&[], "one")]).contains("repositories"));
    }
}
