//! The uncompressed bytes of a layer: decoded on a thread of their own, hashed as they are consumed.
//!
//! Decoding takes about as long as hashing and unpacking together, so two threads are what one layer can use.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use corten_content::Hasher;
use corten_spec::digest::{Algorithm, Digest};

use crate::ImagesError;
use crate::compression::decoder;
use crate::growth::Growth;

/// Of one buffer; with those in flight it bounds what a layer takes of memory.
const BUFFER: usize = 256 * 1024;
const IN_FLIGHT: usize = 4;

/// The reading end.
pub(crate) struct LayerStream {
    full: Receiver<io::Result<Vec<u8>>>,
    empty: Sender<Vec<u8>>,
    current: Vec<u8>,
    at: usize,
    hasher: Hasher,
}

/// The writing end, for another thread.
pub(crate) struct Decoding {
    full: SyncSender<io::Result<Vec<u8>>>,
    empty: Receiver<Vec<u8>>,
}

/// Both ends of a new stream, whose digest will be of that algorithm.
pub(crate) fn pair(algorithm: Algorithm) -> (LayerStream, Decoding) {
    let (full_sender, full) = sync_channel(IN_FLIGHT);
    let (empty, empty_receiver) = channel();
    let hasher = Hasher::new(algorithm);
    let stream = LayerStream { full, empty, current: Vec::new(), at: 0, hasher };
    (stream, Decoding { full: full_sender, empty: empty_receiver })
}

impl LayerStream {
    /// The digest of everything that was read.
    pub(crate) fn digest(self) -> Digest {
        self.hasher.finish()
    }
}

impl Read for LayerStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.current.len() {
            // The decoder is gone at the end of the stream.
            let Ok(next) = self.full.recv() else { return Ok(0) };
            let used = std::mem::replace(&mut self.current, next?);
            self.at = 0;
            self.hasher.update(&self.current);
            // A decoder that is done needs no buffers.
            let _done = self.empty.send(used);
        }
        let length = buffer.len().min(self.current.len() - self.at);
        buffer[..length].copy_from_slice(&self.current[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

impl Decoding {
    /// Decodes a blob until its end, an error, or until nobody reads any more.
    pub(crate) fn run(
        self,
        blob: impl Read + Send,
        layer: &Digest,
        growth: &Growth,
    ) -> Result<(), ImagesError> {
        let (mut decoder, _) = decoder(blob, || format!("layer `{layer}`"))?;
        loop {
            let mut buffer = self.empty.try_recv().unwrap_or_default();
            buffer.clear();
            buffer.reserve_exact(BUFFER);
            let read = decoder.by_ref().take(BUFFER as u64).read_to_end(&mut buffer);
            growth
                .add(buffer.len())
                .map_err(|source| ImagesError::Outgrown { layer: layer.clone(), source })?;
            let ended = !matches!(read, Ok(length) if length > 0);
            let message = match read {
                Ok(0) => return Ok(()),
                Ok(_) => Ok(buffer),
                Err(error) => Err(error),
            };
            if self.full.send(message).is_err() || ended {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_layer_that_is_much_larger_than_its_blob_is_refused_by_name() {
        let mut blob = tempfile::tempfile().unwrap();
        blob.write_all(&zstd::encode_all(&[0; 1 << 20][..], 3).unwrap()).unwrap();
        io::Seek::rewind(&mut blob).unwrap();
        let layer = Hasher::digest(Algorithm::Sha256, b"layer");
        let (stream, decoding) = pair(Algorithm::Sha256);
        let error = decoding.run(blob, &layer, &Growth::with_allowance(100, 1000)).unwrap_err();
        drop(stream);
        assert_eq!(
            corten_error::chain(&error),
            format!(
                "cannot unpack layer `{layer}`: the image is larger than it may be: unpacked it has 262144 bytes or more, and at \
                 most 21000 are allowed: 200 times the 100 bytes that it came as, and 1000"
            )
        );
    }
}
