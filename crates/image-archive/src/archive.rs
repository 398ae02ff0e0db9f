//! The archive: an OCI image layout inside a tar file, with one image in it.
//!
//! It follows the image layout section of the OCI image specification 1.1. A `manifest.json` beside it, as `docker save` writes
//! one, lets older Docker engines load the archive too.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Value, json};

use crate::{
    entry::Entry,
    layer::{Layer, digest},
    tarball::Tarball,
};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The moment that every reproducible image claims: a time is required by what lists images.
const EPOCH: &str = "1970-01-01T00:00:00Z";

/// What a container of the image runs, unless it is told otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// GOARCH word, `amd64` say.
    pub architecture: String,
    /// `Entrypoint`; left out when empty.
    pub entrypoint: Vec<String>,
    /// `Cmd`; left out when empty.
    pub command: Vec<String>,
    /// `Env`, `NAME=value` each.
    pub environment: Vec<String>,
    /// `WorkingDir`; left out when empty.
    pub working_directory: String,
    /// `User`; left out when empty.
    pub user: String,
    /// `Volumes`; left out when empty.
    pub volumes: Vec<String>,
}

impl Config {
    /// The configuration of an image for the machine that this code runs on.
    pub fn for_this_machine() -> Config {
        Config { architecture: go_architecture(std::env::consts::ARCH).to_owned(), ..Config::default() }
    }

    fn document(&self, layers: &[Layer]) -> Value {
        let mut config = json!({ "Env": self.environment });
        let volumes: BTreeMap<&String, Value> = self.volumes.iter().map(|path| (path, json!({}))).collect();
        let optional = [
            ("Entrypoint", json!(self.entrypoint), self.entrypoint.is_empty()),
            ("Volumes", json!(volumes), self.volumes.is_empty()),
            ("Cmd", json!(self.command), self.command.is_empty()),
            ("WorkingDir", json!(self.working_directory), self.working_directory.is_empty()),
            ("User", json!(self.user), self.user.is_empty()),
        ];
        for (key, value, absent) in optional {
            if !absent {
                config[key] = value;
            }
        }
        let diff_ids: Vec<&str> = layers.iter().map(Layer::diff_id).collect();
        let history: Vec<Value> =
            layers.iter().map(|_| json!({ "created": EPOCH, "created_by": "corten" })).collect();
        json!({
            "created": EPOCH,
            "architecture": self.architecture,
            "os": "linux",
            "config": config,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
            "history": history,
        })
    }
}

/// The word that image documents use for an architecture that Rust calls `rust`.
pub fn go_architecture(rust: &str) -> &str {
    match rust {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

/// One image under one name.
#[derive(Debug, Clone)]
pub struct Archive {
    /// What it is called, `hello:latest` say.
    pub name: String,
    /// What its containers run.
    pub config: Config,
    /// Its layers, the lowest first.
    pub layers: Vec<Layer>,
}

impl Archive {
    /// The bytes of the archive. Equal archives give equal bytes.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let config = self.config.document(&self.layers).to_string().into_bytes();
        let layers: Vec<Value> =
            self.layers.iter().map(|layer| descriptor(layer.media_type, &layer.blob)).collect();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(CONFIG, &config), "layers": layers,
        })
        .to_string()
        .into_bytes();

        let mut tarball = Tarball::new();
        tarball.add(&Entry::file("oci-layout", json!({ "imageLayoutVersion": "1.0.0" }).to_string()))?;
        tarball.add(&Entry::file("index.json", self.index(&manifest).to_string()))?;
        tarball.add(&Entry::file("manifest.json", self.docker_manifest(&config).to_string()))?;
        for blob in [&manifest, &config].into_iter().chain(self.layers.iter().map(|layer| &layer.blob)) {
            tarball.add(&Entry::file(&blob_path(blob), blob.clone()))?;
        }
        tarball.finish()
    }

    fn docker_manifest(&self, config: &[u8]) -> Value {
        let layers: Vec<String> = self.layers.iter().map(|layer| blob_path(&layer.blob)).collect();
        json!([{ "Config": blob_path(config), "RepoTags": [self.name], "Layers": layers }])
    }

    fn index(&self, manifest: &[u8]) -> Value {
        let mut entry = descriptor(MANIFEST, manifest);
        entry["platform"] = json!({ "architecture": self.config.architecture, "os": "linux" });
        entry["annotations"] = json!({ "org.opencontainers.image.ref.name": self.name });
        json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] })
    }
}

fn blob_path(blob: &[u8]) -> String {
    format!("blobs/{}", digest(blob).replace(':', "/"))
}

fn descriptor(media_type: &str, blob: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest(blob), "size": blob.len() })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, io::Read};

    use flate2::read::GzDecoder;

    use super::*;
    use crate::layer::Compression;

    fn archive() -> Archive {
        let entries = [Entry::directory("bin"), Entry::program("bin/true", *b"\x7fELF")];
        Archive {
            name: "tiny:1".to_owned(),
            config: Config { command: vec!["/bin/true".to_owned()], ..Config::for_this_machine() },
            layers: vec![Layer::new(&entries, Compression::Gzip).unwrap()],
        }
    }

    fn members(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut archive = tar::Archive::new(bytes);
        let read = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.path().unwrap().to_string_lossy().into_owned(), content)
        };
        archive.entries().unwrap().map(read).collect()
    }

    #[test]
    fn equal_archives_have_equal_bytes() {
        assert_eq!(archive().to_bytes().unwrap(), archive().to_bytes().unwrap());
    }

    #[test]
    fn every_descriptor_leads_to_a_blob_with_its_digest_and_size() {
        let members = members(&archive().to_bytes().unwrap());
        let blob = |descriptor: &Value| -> Vec<u8> {
            let path = format!("blobs/{}", descriptor["digest"].as_str().unwrap().replace(':', "/"));
            let blob = members[&path].clone();
            assert_eq!(digest(&blob), descriptor["digest"].as_str().unwrap());
            assert_eq!(blob.len() as u64, descriptor["size"].as_u64().unwrap());
            blob
        };

        let index: Value = serde_json::from_slice(&members["index.json"]).unwrap();
        assert_eq!(index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"], "tiny:1");
        let manifest: Value = serde_json::from_slice(&blob(&index["manifests"][0])).unwrap();
        let config: Value = serde_json::from_slice(&blob(&manifest["config"])).unwrap();
        assert_eq!(config["config"]["Cmd"], json!(["/bin/true"]));
        assert_eq!(config["config"].get("User"), None);

        let mut tar = Vec::new();
        GzDecoder::new(blob(&manifest["layers"][0]).as_slice()).read_to_end(&mut tar).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"], json!([digest(&tar)]));

        let docker: Value = serde_json::from_slice(&members["manifest.json"]).unwrap();
        assert_eq!(docker[0]["RepoTags"], json!(["tiny:1"]));
        assert!(members.contains_key(docker[0]["Config"].as_str().unwrap()));
        assert!(members.contains_key(docker[0]["Layers"][0].as_str().unwrap()));
    }
}
