//! A layer that is made here: packed from what a container has written, or taken from an archive of a file system.
//!
//! Its blob is gzip: the one that it came as, or one that is the same for the same files. It does not become part of an image here;
//! [`crate::make`] does that.

use std::io::{self, Cursor, Read, Write};
use std::path::Path;

use corten_content::{Hasher, Ingest};
use corten_layer_tar::{Limits, pack_changes};
use corten_spec::digest::{Algorithm, Digest};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

use crate::compression::{decoder, is_gzip};
use crate::growth::Growth;
use crate::lease::Lease;
use crate::{Images, ImagesError};

const BUFFER: usize = 256 * 1024;

/// As many bytes as tell a compression.
const START: u64 = 6;

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
        let mut archive = growth.count_packed(archive);
        let mut start = Vec::new();
        archive.by_ref().take(START).read_to_end(&mut start).map_err(ImagesError::Stream)?;
        let ingest = self.content.ingest(None, None)?;
        let (blob, diff_id) = if is_gzip(&start) {
            keep_packed(Cursor::new(start).chain(archive), ingest, &growth)?
        } else {
            pack(Cursor::new(start).chain(archive), ingest, &growth)?
        };
        Ok(NewLayer { lease, blob, diff_id, is_empty: false })
    }
}

/// Keeps an archive that is gzip already as it is; the digests of it and of what it unpacks to.
fn keep_packed(
    archive: impl Read + Send,
    ingest: Ingest,
    growth: &Growth,
) -> Result<(Digest, Digest), ImagesError> {
    let mut kept = Kept { archive, ingest };
    let mut plain = Hasher::new(Algorithm::Sha256);
    let (reader, _) = decoder(&mut kept, what)?;
    each_piece(growth.count_unpacked(reader), |bytes| {
        plain.update(bytes);
        Ok(())
    })?;
    Ok((kept.ingest.commit()?, plain.finish()))
}

/// Packs an archive that is not.
fn pack(archive: impl Read + Send, ingest: Ingest, growth: &Growth) -> Result<(Digest, Digest), ImagesError> {
    let mut blob = Blob::new(ingest);
    let (reader, _) = decoder(archive, what)?;
    each_piece(growth.count_unpacked(reader), |bytes| {
        blob.write_all(bytes).map_err(ImagesError::file("keep", "a layer"))
    })?;
    blob.finish()
}

fn what() -> String {
    "the archive".to_owned()
}

fn each_piece(
    mut reader: impl Read,
    mut take: impl FnMut(&[u8]) -> Result<(), ImagesError>,
) -> Result<(), ImagesError> {
    let mut buffer = vec![0; BUFFER];
    loop {
        match reader.read(&mut buffer).map_err(ImagesError::Stream)? {
            0 => return Ok(()),
            length => take(&buffer[..length])?,
        }
    }
}

/// An archive whose bytes are kept as they are read.
struct Kept<R> {
    archive: R,
    ingest: Ingest,
}

impl<R: Read> Read for Kept<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.archive.read(buffer)?;
        self.ingest.write_all(&buffer[..length])?;
        Ok(length)
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
