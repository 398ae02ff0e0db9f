//! Tells compressions by their first bytes and undoes those that are built.
//!
//! Media types are not asked: archives say wrong ones, the bytes cannot.

use std::io::{self, BufReader, Cursor, Read};

use corten_spec::image::media_type;
use flate2::bufread::MultiGzDecoder;

use crate::ImagesError;

const BUFFER: usize = 128 * 1024;

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// Magic numbers of what is known by name only.
const UNSUPPORTED: [(&[u8], &str); 3] =
    [(b"\xfd7zXZ\0", "xz"), (b"BZh", "bzip2"), (b"\x04\x22\x4d\x18", "lz4")];

/// The uncompressed stream of a plain, gzip or zstd one, and whether it was compressed. `what` names it in errors.
pub(crate) fn decoder<'a>(
    mut reader: impl Read + Send + 'a,
    what: impl FnOnce() -> String,
) -> Result<(Box<dyn Read + Send + 'a>, bool), ImagesError> {
    let mut start = Vec::with_capacity(6);
    reader.by_ref().take(6).read_to_end(&mut start).map_err(ImagesError::Stream)?;
    if let Some((_, compression)) = UNSUPPORTED.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(ImagesError::Compression { what: what(), compression });
    }
    let (is_gzip, is_zstd) = (is_gzip(&start), start.starts_with(ZSTD));
    let whole = Cursor::new(start).chain(reader);
    if is_gzip {
        return Ok((Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, whole))), true));
    }
    if is_zstd {
        // The window that a frame may ask for stays within the library's default bound, 128 MiB.
        let decoder = zstd::Decoder::with_buffer(BufReader::with_capacity(BUFFER, whole));
        return Ok((Box::new(decoder.map_err(ImagesError::Stream)?), true));
    }
    Ok((Box::new(whole), false))
}

/// The uncompressed stream of a plain, gzip or zstd archive that is no image's.
///
/// # Errors
/// [`ImagesError::Compression`] for another compression, [`ImagesError::Stream`].
pub fn decompressed<'a>(archive: impl Read + Send + 'a) -> Result<Box<dyn Read + Send + 'a>, ImagesError> {
    Ok(decoder(archive, || "archive".to_owned())?.0)
}

/// Whether a stream that begins like that is gzip.
pub(crate) fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(GZIP)
}

/// What Docker calls a layer that begins like that.
pub(crate) fn docker_layer_type(reader: impl Read) -> io::Result<&'static str> {
    let mut start = Vec::with_capacity(4);
    reader.take(4).read_to_end(&mut start)?;
    Ok(if is_gzip(&start) {
        media_type::DOCKER_LAYER_GZIP
    } else if start.starts_with(ZSTD) {
        media_type::DOCKER_LAYER_ZSTD
    } else {
        media_type::DOCKER_LAYER
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Result<(String, bool), ImagesError> {
        let (mut reader, compressed) = decoder(bytes, || "a blob".to_owned())?;
        let mut text = String::new();
        reader.read_to_string(&mut text).map_err(ImagesError::Stream)?;
        Ok((text, compressed))
    }

    #[test]
    fn the_bytes_tell_the_compression() {
        assert_eq!(decoded(b"plain").unwrap(), ("plain".to_owned(), false));
        assert_eq!(decoded(b"").unwrap(), (String::new(), false));
        // As `pzstd` writes: one frame after the other.
        let frame = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
        let frames = [frame("one "), frame("two")].concat();
        assert_eq!(decoded(&frames).unwrap(), ("one two".to_owned(), true));
        assert!(decoded(&frames[..frames.len() - 1]).is_err());
        assert!(matches!(decoded(b"\xfd7zXZ\0..."), Err(ImagesError::Compression { compression: "xz", .. })));
    }
}
