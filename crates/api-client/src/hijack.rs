//! A connection that became a container's streams (attach and exec).

use std::io;

use corten_api_types::MEDIA_TYPE_MULTIPLEXED_STREAM;
use http::header;
use hyper::Response;
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

use crate::Error;

/// Both directions of the streams.
pub struct Hijacked {
    /// What the container writes.
    pub reader: HijackedReader,
    /// What the container reads.
    pub writer: HijackedWriter,
    /// Whether the engine says that stdout and stderr come in frames; engines before API 1.42 never say so.
    pub multiplexed: bool,
}

/// What the container writes; ends when it has closed its streams.
pub struct HijackedReader(ReadHalf<TokioIo<Upgraded>>);

/// What the container reads.
pub struct HijackedWriter(WriteHalf<TokioIo<Upgraded>>);

impl Hijacked {
    pub(crate) async fn take_over(response: Response<Incoming>, request: String) -> Result<Self, Error> {
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let multiplexed = content_type.is_some_and(|value| value == MEDIA_TYPE_MULTIPLEXED_STREAM);
        let upgraded =
            hyper::upgrade::on(response).await.map_err(|source| Error::Transport { request, source })?;
        let (reader, writer) = tokio::io::split(TokioIo::new(upgraded));
        Ok(Self { reader: HijackedReader(reader), writer: HijackedWriter(writer), multiplexed })
    }
}

impl HijackedReader {
    /// Reads what is there, waiting for at least one byte; 0 at the end.
    ///
    /// # Errors
    /// When the connection broke.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).await
    }
}

impl HijackedWriter {
    /// Sends bytes to the container's stdin.
    ///
    /// # Errors
    /// When the connection broke or the other side reads no more.
    pub async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await?;
        self.0.flush().await
    }

    /// Ends the container's stdin; what it writes still comes.
    ///
    /// # Errors
    /// When the connection broke.
    pub async fn close(&mut self) -> io::Result<()> {
        self.0.shutdown().await
    }
}
