//! Bytes between the connection and a thread that may block, both ways.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;

/// How many chunks may be under way.
const IN_FLIGHT: usize = 16;

/// Bytes of a chunk that is sent.
const CHUNK: usize = 64 * 1024;

/// The receiving end.
pub(crate) struct Chunks {
    receiver: mpsc::Receiver<Bytes>,
    chunk: Bytes,
    /// Told how much of the stream is read.
    on_read: Option<Box<dyn FnMut(usize) + Send>>,
}

/// The sending end for a thread that may block; dropped, it ends the stream.
pub(crate) struct ChunkWriter {
    sender: mpsc::Sender<Bytes>,
    chunk: Vec<u8>,
}

impl Chunks {
    /// A stream that is read by a thread that may block.
    pub(crate) fn channel() -> (mpsc::Sender<Bytes>, Self) {
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        (sender, Self { receiver, chunk: Bytes::new(), on_read: None })
    }

    /// A stream that is written by one; somebody is told how much of it was read.
    pub(crate) fn written(on_read: impl FnMut(usize) + Send + 'static) -> (ChunkWriter, Self) {
        let (sender, chunks) = Self::channel();
        let chunks = Self { on_read: Some(Box::new(on_read)), ..chunks };
        (ChunkWriter { sender, chunk: Vec::new() }, chunks)
    }

    fn next_of(&mut self, most: usize) -> Bytes {
        let taken = self.chunk.split_to(most.min(self.chunk.len()));
        if let Some(on_read) = &mut self.on_read {
            on_read(taken.len());
        }
        taken
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.receiver.blocking_recv() {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let taken = self.next_of(buffer.len());
        buffer[..taken.len()].copy_from_slice(&taken);
        Ok(taken.len())
    }
}

impl AsyncRead for Chunks {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.chunk.is_empty() {
            match ready!(self.receiver.poll_recv(context)) {
                Some(chunk) => self.chunk = chunk,
                None => return Poll::Ready(Ok(())),
            }
        }
        let taken = self.next_of(buffer.remaining());
        buffer.put_slice(&taken);
        Poll::Ready(Ok(()))
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = Bytes::from(std::mem::take(&mut self.chunk));
        self.sender.blocking_send(chunk).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
