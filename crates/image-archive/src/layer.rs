//! One layer: a tar file, as it is or compressed, with both of its digests.
//!
//! It does not check that the entries make sense together: tests want bad layers too.

use std::io::{self, Write};

use flate2::{GzBuilder, write::GzEncoder};
use sha2::{Digest, Sha256};

use crate::{entry::Entry, tarball::Tarball};

/// How the bytes of a layer lie in an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// The tar file itself.
    None,
    /// gzip, with no file name and no time in its header.
    Gzip,
}

impl Compression {
    fn media_type(self) -> &'static str {
        match self {
            Compression::None => "application/vnd.oci.image.layer.v1.tar",
            Compression::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
        }
    }
}

/// A layer as it goes into an [`Archive`](crate::Archive).
#[derive(Debug, Clone)]
pub struct Layer {
    pub(crate) blob: Vec<u8>,
    pub(crate) diff_id: String,
    pub(crate) media_type: &'static str,
}

impl Layer {
    /// Packs `entries` in their order. Fails only for a path that tar cannot hold.
    pub fn new(entries: &[Entry], compression: Compression) -> io::Result<Layer> {
        let mut tarball = Tarball::new();
        for entry in entries {
            tarball.add(entry)?;
        }
        Layer::from_tar(&tarball.finish()?, compression)
    }

    /// Takes a tar file that was made elsewhere, broken ones included.
    pub fn from_tar(tar: &[u8], compression: Compression) -> io::Result<Layer> {
        let blob = match compression {
            Compression::None => tar.to_vec(),
            Compression::Gzip => gzip(tar)?,
        };
        Ok(Layer { blob, diff_id: digest(tar), media_type: compression.media_type() })
    }

    /// `sha256:…` of the uncompressed tar file.
    pub fn diff_id(&self) -> &str {
        &self.diff_id
    }
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder: GzEncoder<Vec<u8>> =
        GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// `sha256:…` of `bytes`, as OCI documents write it.
pub fn digest(bytes: &[u8]) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    text
}
