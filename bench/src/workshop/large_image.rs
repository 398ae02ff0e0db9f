//! An image of the size that people pull: seven layers of Debian packages, some 300 MB packed, more than 40,000 files.
//!
//! It is made once, beside the programs, and kept: the packages come from Debian's archive.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use corten_spec::image::media_type;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The packages of each layer, by their names in Debian 12.
const LAYERS: [&[&str]; 7] = [
    &["golang-1.19-src", "python3-numpy", "python3-django"],
    &["openjdk-17-jre-headless"],
    &["libboost1.74-dev", "libicu-dev"],
    &["llvm-14-dev"],
    &["libllvm14", "python3-sympy"],
    &["texlive-latex-extra", "emacs-common", "vim-runtime"],
    &["gcc-12", "g++-12", "cpp-12", "git"],
];

/// Packs a layer in a directory, and writes the SHA-256 of the archive and of the packed one.
const UNPACK: &str = "set -e; cd \"$1\"; shift; apt-get -q -o APT::Sandbox::User=root download \"$@\" >&2; \
                      mkdir root; for package in *.deb; do dpkg-deb -x \"$package\" root; done; rm ./*.deb; \
                      tar --sort=name --numeric-owner -C root -cf layer.tar .; rm -rf root; \
                      gzip -n -6 -k layer.tar; sha256sum layer.tar layer.tar.gz | cut -d ' ' -f 1";

/// See the module.
#[derive(Debug, Clone)]
pub struct LargeImage {
    directory: PathBuf,
}

impl LargeImage {
    /// The image in `directory`; makes it if it is not there.
    ///
    /// # Errors
    /// [`Error::Command`] where packages cannot be had, [`Error::File`].
    pub fn ready(directory: &Path) -> Result<LargeImage> {
        let image = LargeImage { directory: directory.to_owned() };
        if image.layout().join("index.json").exists() {
            return Ok(image);
        }
        eprintln!("making the large image in {}", directory.display());
        let blobs = image.layout().join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(Error::file("create", &blobs))?;
        image.make()?;
        Ok(image)
    }

    /// The OCI image layout.
    #[must_use]
    pub fn layout(&self) -> PathBuf {
        self.directory.join("layout")
    }

    /// The packed layers, the lowest first.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn layers(&self) -> Result<Vec<PathBuf>> {
        let list = self.directory.join("layers");
        let text = fs::read_to_string(&list).map_err(Error::file("read", &list))?;
        Ok(text.lines().map(|hex| self.layout().join("blobs/sha256").join(hex)).collect())
    }

    fn make(&self) -> Result<()> {
        let (mut layers, mut diff_ids, mut names) = (Vec::new(), Vec::new(), String::new());
        for packages in LAYERS {
            let (diff_id, hex, size) = self.layer(packages)?;
            layers.push(json!({"mediaType": media_type::OCI_LAYER_GZIP, "digest": format!("sha256:{hex}"), "size": size}));
            diff_ids.push(diff_id);
            names.push_str(&hex);
            names.push('\n');
        }
        let config = json!({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/sh"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids}});
        let config = self.document(media_type::OCI_CONFIG, &config)?;
        let manifest = json!({"schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config, "layers": layers});
        let mut manifest = self.document(media_type::OCI_MANIFEST, &manifest)?;
        manifest["annotations"] = json!({"org.opencontainers.image.ref.name": "large"});
        let index = json!({"schemaVersion": 2, "manifests": [manifest]});
        self.write("layers", names.as_bytes())?;
        self.write("layout/oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        // Last: with it, the image is there.
        self.write("layout/index.json", index.to_string().as_bytes())
    }

    /// Makes a layer of packages: its diff id, and name and length of its blob.
    fn layer(&self, packages: &[&str]) -> Result<(String, String, u64)> {
        let made = tempfile::Builder::new().prefix("layer-").tempdir_in(&self.directory);
        let place = made.map_err(Error::file("create a directory in", &self.directory))?;
        let mut shell = Command::new("sh");
        shell.args(["-c", UNPACK, "sh"]).arg(place.path()).args(packages);
        let output = shell.output().map_err(Error::file("run", "sh"))?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let command = format!("download and pack {}", packages.join(" "));
            return Err(Error::Command { command, exit_code: output.status.code().unwrap_or(-1), errors });
        }
        let sums = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut sums = sums.lines().map(str::to_owned);
        let (diff_id, hex) = (sums.next().unwrap_or_default(), sums.next().unwrap_or_default());
        let packed = place.path().join("layer.tar.gz");
        let size = fs::metadata(&packed).map_err(Error::file("look at", &packed))?.len();
        let blob = self.layout().join("blobs/sha256").join(&hex);
        fs::rename(&packed, &blob).map_err(Error::file("rename to", &blob))?;
        Ok((format!("sha256:{diff_id}"), hex, size))
    }

    fn document(&self, media_type: &str, document: &serde_json::Value) -> Result<serde_json::Value> {
        let bytes = serde_json::to_vec(document)?;
        let hex = hex(&Sha256::digest(&bytes));
        self.write(&format!("layout/blobs/sha256/{hex}"), &bytes)?;
        Ok(json!({"mediaType": media_type, "digest": format!("sha256:{hex}"), "size": bytes.len()}))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        super::write(&self.directory.join(name), bytes)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
