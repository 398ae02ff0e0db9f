//! A layer that is made here: packed from what a container has written, or taken from an archive of a file system.
//!
//! Its blob is gzip, whatever it came as, and the same for the same files. It does not become part of an image here;
//! [`crate::make`] does that.

use std::io::{self, Read, Write};
use std::path::Path;

use corten_content::{Hasher, Ingest};
use corten_layer_tar::{Limits, pack_changes};
use corten_spec::digest::{Algorithm, Digest};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

use crate::compression::decoder;
use crate::growth::Growth;
use crate::lease::Lease;
use crate::{Images, ImagesError};

const BUFFER: usize = 256 * 1024;

/// A layer whose blob is in the store. Nothing is collected as long as this lives, since no image tells yet that it is needed.
#[derive(Debug)]
pub struct NewLayer {
    pub(crate) lease: Lease,
    pub(crate) blob: Digest,
    pub(crate) diff_id: Digest,
    /// There is nothing in it.
    pub(crate) is_empty: bool,
}

impl Images {
    /// Makes a layer of the upper directory of an overlay, without empty files at `mount_points`.
    ///
    /// # Errors
    /// [`ImagesError::Pack`], [`ImagesError::File`], [`ImagesError::Content`]; nothing is left then.
    pub fn pack_layer(&self, upper: &Path, mount_points: &[&str]) -> Result<NewLayer, ImagesError> {
        let lease = Lease::shared(&self.lease_path()?)?;
        let mut blob = Blob::new(self.content.ingest(None, None)?);
        let packed = pack_changes(upper, mount_points, &mut blob, &Limits::default());
        let packed = packed.map_err(ImagesError::Pack)?;
        let (blob, diff_id) = blob.finish()?;
        Ok(NewLayer { lease, blob, diff_id, is_empty: packed.entries == 0 })
    }

    /// Makes a layer of an archive of a file system, plain, gzip or zstd, from a stream that is read once.
    ///
    /// # Errors
    /// [`ImagesError::Stream`], [`ImagesError::Compression`], [`ImagesError::File`], [`ImagesError::Content`]; nothing is left then.
    /// Whether it is an archive is seen when it is unpacked.
    pub fn take_layer(&self, archive: impl Read + Send) -> Result<NewLayer, ImagesError> {
        let _collected = self.collect();
        let lease = Lease::shared(&self.lease_path()?)?;
        let growth = Growth::of(0);
        let (reader, _) = decoder(growth.count_packed(archive), || "the archive".to_owned())?;
        let mut reader = growth.count_unpacked(reader);
        let mut blob = Blob::new(self.content.ingest(None, None)?);
        let mut buffer = vec![0; BUFFER];
        loop {
            match reader.read(&mut buffer).map_err(ImagesError::Stream)? {
                0 => break,
                length => {
                    blob.write_all(&buffer[..length]).map_err(ImagesError::file("keep", "a layer"))?;
                }
            }
        }
        let (blob, diff_id) = blob.finish()?;
        Ok(NewLayer { lease, blob, diff_id, is_empty: false })
    }
}

/// Takes the uncompressed bytes of a layer.
struct Blob {
    plain: Hasher,
    packed: GzEncoder<Ingest>,
}

impl Blob {
    fn new(ingest: Ingest) -> Self {
        // Neither time nor name: the same files make the same blob.
        let packed = GzBuilder::new().mtime(0).write(ingest, Compression::default());
        Self { plain: Hasher::new(Algorithm::Sha256), packed }
    }

    /// The digests of the blob and of what it unpacks to.
    fn finish(self) -> Result<(Digest, Digest), ImagesError> {
        let ingest = self.packed.finish().map_err(ImagesError::file("keep", "a layer"))?;
        Ok((ingest.commit()?, self.plain.finish()))
    }
}

impl Write for Blob {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.packed.write(bytes)?;
        self.plain.update(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.packed.flush()
    }
}
