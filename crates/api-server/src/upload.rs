//! The body of a request as a reader for a thread that may block.

use std::io::{self, Read};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;

use crate::request_body::RequestBody;

/// How many chunks of an upload may wait for the disk.
const CHUNKS_IN_FLIGHT: usize = 16;

/// An upload.
pub(crate) struct Upload {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    chunk: Bytes,
}

impl Upload {
    /// Begins to read the body.
    pub(crate) fn of(body: RequestBody) -> Self {
        let (sender, chunks) = mpsc::channel(CHUNKS_IN_FLIGHT);
        tokio::spawn(hand_on(body, sender));
        Self { chunks, chunk: Bytes::new() }
    }
}

/// Hands the body on. Once nobody wants it any more the rest is read all the same: a client that is still sending would otherwise see
/// its connection break instead of the reason.
async fn hand_on(mut body: RequestBody, chunks: mpsc::Sender<io::Result<Bytes>>) {
    while let Some(frame) = body.frame().await {
        let chunk = frame.map(|frame| frame.into_data().unwrap_or_default()).map_err(io::Error::other);
        let failed = chunk.is_err();
        let _ = chunks.send(chunk).await;
        if failed {
            return;
        }
    }
}

impl Read for Upload {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.chunk = chunk?,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.chunk.len());
        buffer[..length].copy_from_slice(&self.chunk.split_to(length));
        Ok(length)
    }
}
