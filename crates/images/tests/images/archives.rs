//! Image archives made by hand.

use std::io::Write;

use corten_content::Hasher;
use corten_spec::digest::{Algorithm, Digest};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Hasher::digest(Algorithm::Sha256, bytes)
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A tar archive of files; a name with a slash at its end is a directory, content that begins with `-> ` a link.
pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_mode(if name.ends_with('/') { 0o755 } else { 0o644 });
        header.set_mtime(1_000_000_000);
        header.set_uid(0);
        header.set_gid(0);
        if let Some(target) = content.strip_prefix(b"-> ") {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            builder.append_link(&mut header, name, std::str::from_utf8(target).unwrap()).unwrap();
            continue;
        }
        let kind = if name.ends_with('/') { tar::EntryType::Directory } else { tar::EntryType::Regular };
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// An image to put into an archive.
#[derive(Clone)]
pub(crate) struct Sample {
    /// Uncompressed, the lowest first.
    pub(crate) layers: Vec<Vec<u8>>,
    pub(crate) architecture: &'static str,
    pub(crate) created: &'static str,
    pub(crate) labels: Value,
}

impl Sample {
    pub(crate) fn new(layers: &[&[(&str, &[u8])]]) -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Self {
            layers: layers.iter().map(|members| tar(members)).collect(),
            architecture,
            created: "2024-05-06T07:08:09Z",
            labels: json!({}),
        }
    }

    pub(crate) fn config(&self) -> Vec<u8> {
        let diff_ids: Vec<Digest> = self.layers.iter().map(|layer| sha256(layer)).collect();
        let mut history: Vec<Value> =
            (0..self.layers.len()).map(|at| json!({"created_by": format!("ADD {at}")})).collect();
        history.push(json!({"created_by": "CMD", "empty_layer": true}));
        json!({
            "architecture": self.architecture, "os": "linux", "created": self.created,
            "config": {"Cmd": ["/bin/true"], "Labels": self.labels},
            "rootfs": {"type": "layers", "diff_ids": diff_ids}, "history": history,
        })
        .to_string()
        .into_bytes()
    }

    pub(crate) fn id(&self) -> Digest {
        sha256(&self.config())
    }
}

/// An OCI image layout under construction.
#[derive(Default)]
pub(crate) struct Layout {
    pub(crate) blobs: Vec<(String, Vec<u8>)>,
    pub(crate) manifests: Vec<Value>,
}

impl Layout {
    pub(crate) fn one(name: &str, sample: &Sample) -> Self {
        let mut layout = Self::default();
        let manifest = layout.image(sample);
        layout.named(manifest, name);
        layout
    }

    pub(crate) fn blob(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let digest = sha256(&bytes);
        let descriptor = json!({"mediaType": media_type, "digest": digest, "size": bytes.len()});
        self.blobs.push((format!("blobs/sha256/{}", digest.hex()), bytes));
        descriptor
    }

    /// Adds an image's blobs; the descriptor of its manifest, with its platform.
    pub(crate) fn image(&mut self, sample: &Sample) -> Value {
        let layer_type = "application/vnd.oci.image.layer.v1.tar+gzip";
        let layers: Vec<Value> =
            sample.layers.iter().map(|layer| self.blob(layer_type, gzip(layer))).collect();
        let config = self.blob("application/vnd.oci.image.config.v1+json", sample.config());
        let manifest_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest =
            json!({"schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": layers});
        let mut descriptor = self.blob(manifest_type, manifest.to_string().into_bytes());
        descriptor["platform"] = json!({"os": "linux", "architecture": sample.architecture});
        descriptor
    }

    pub(crate) fn index(&mut self, manifests: &[Value]) -> Value {
        let media_type = "application/vnd.oci.image.index.v1+json";
        let index = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": manifests});
        self.blob(media_type, index.to_string().into_bytes())
    }

    pub(crate) fn named(&mut self, mut descriptor: Value, name: &str) {
        descriptor["annotations"] = json!({"io.containerd.image.name": name});
        self.manifests.push(descriptor);
    }

    /// The archive, with `index.json` last as streaming writers put it.
    pub(crate) fn archive(&self) -> Vec<u8> {
        let index = json!({"schemaVersion": 2, "manifests": self.manifests}).to_string();
        let mut members: Vec<(&str, &[u8])> = vec![("oci-layout", b"{\"imageLayoutVersion\": \"1.0.0\"}")];
        members.extend(self.blobs.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
        members.push(("index.json", index.as_bytes()));
        tar(&members)
    }
}

/// A docker-archive of one image with this configuration and these layers.
pub(crate) fn docker_archive(config: &[u8], layers: &[&[u8]]) -> Vec<u8> {
    let names: Vec<String> = (0..layers.len()).map(|at| format!("{at}.tar")).collect();
    let manifest = json!([{"Config": "c.json", "RepoTags": ["thing"], "Layers": names}]).to_string();
    let mut members: Vec<(&str, &[u8])> = vec![("manifest.json", manifest.as_bytes()), ("c.json", config)];
    members.extend(names.iter().map(String::as_str).zip(layers.iter().copied()));
    tar(&members)
}
