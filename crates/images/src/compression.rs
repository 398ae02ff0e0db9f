//! Tells compressions by their first bytes and undoes those that are built.
//!
//! Media types are not asked: archives say wrong ones, the bytes cannot.

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use crate::ImagesError;

const BUFFER: usize = 128 * 1024;

/// Magic numbers of what is known by name only.
const UNSUPPORTED: [(&[u8], &str); 4] =
    [(b"\x28\xb5\x2f\xfd", "zstd"), (b"\xfd7zXZ\0", "xz"), (b"BZh", "bzip2"), (b"\x04\x22\x4d\x18", "lz4")];

/// The uncompressed stream of a plain or gzip one, and whether it was compressed. `what` names it in errors.
pub(crate) fn decoder<'a>(
    mut reader: impl Read + Send + 'a,
    what: impl FnOnce() -> String,
) -> Result<(Box<dyn Read + Send + 'a>, bool), ImagesError> {
    let mut start = Vec::with_capacity(6);
    reader.by_ref().take(6).read_to_end(&mut start).map_err(ImagesError::Stream)?;
    if let Some((_, compression)) = UNSUPPORTED.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(ImagesError::Compression { what: what(), compression });
    }
    let compressed = start.starts_with(b"\x1f\x8b");
    let whole = Cursor::new(start).chain(reader);
    if !compressed {
        return Ok((Box::new(whole), false));
    }
    Ok((Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, whole))), true))
}

/// Whether a stream begins as gzip.
pub(crate) fn is_gzip(mut reader: impl Read) -> io::Result<bool> {
    let mut magic = [0; 2];
    match reader.read_exact(&mut magic) {
        Ok(()) => Ok(magic == *b"\x1f\x8b"),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
