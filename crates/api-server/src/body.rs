//! Bodies of answers: known at once, or written while they are read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use corten_api_types::FAILURE_TRAILER;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::mpsc;

use crate::failure::Failure;

/// How many chunks may wait for a slow client before the writer waits too.
const CHUNKS_IN_FLIGHT: usize = 8;

/// How many bytes a chunk of something large has at least.
const CHUNK: usize = 64 * 1024;

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// Known at once.
    Whole(Full<Bytes>),
    /// Written by a task. A failure breaks the connection, so that what came is not taken for all there is.
    Stream(mpsc::Receiver<io::Result<Frame<Bytes>>>),
}

/// Writes a streamed body; the body ends when it is dropped.
#[derive(Debug)]
pub(crate) struct ChunkSender {
    sender: mpsc::Sender<io::Result<Frame<Bytes>>>,
    /// The client understands fields behind the body.
    trailers: bool,
}

impl ChunkSender {
    /// Sends a chunk, waiting for a slow client; false when the client is gone.
    pub(crate) async fn send(&self, chunk: impl Into<Bytes>) -> bool {
        self.sender.send(Ok(Frame::data(chunk.into()))).await.is_ok()
    }

    /// Breaks the body off, telling why to whoever understands it.
    pub(crate) async fn fail(&self, failure: &Failure) {
        let end = match self.trailers {
            true => Ok(Frame::trailers(trailers(&failure.message))),
            false => Err(io::Error::other(failure.message.clone())),
        };
        // A client that is gone needs no telling.
        let _gone = self.sender.send(end).await;
    }

    /// Sends what a thread writes that may block.
    pub(crate) fn writer(&self) -> ChunkWriter {
        ChunkWriter { sender: self.sender.clone(), chunk: Vec::new() }
    }

    /// Ends when the client is gone.
    pub(crate) async fn client_gone(&self) {
        self.sender.closed().await;
    }
}

/// Gathers what is written into chunks and sends them. For a thread that may block: it waits for a slow client.
#[derive(Debug)]
pub(crate) struct ChunkWriter {
    sender: mpsc::Sender<io::Result<Frame<Bytes>>>,
    chunk: Vec<u8>,
}

impl io::Write for ChunkWriter {
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
        self.sender.blocking_send(Ok(Frame::data(chunk))).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl AnswerBody {
    /// A body without bytes.
    pub(crate) fn empty() -> Self {
        Self::whole(Bytes::new())
    }

    /// A body that is known.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Full::new(bytes.into()))
    }

    /// A body and who writes it, for a client that understands trailers or not.
    pub(crate) fn stream(trailers: bool) -> (ChunkSender, Self) {
        let (sender, receiver) = mpsc::channel(CHUNKS_IN_FLIGHT);
        (ChunkSender { sender, trailers }, Self::Stream(receiver))
    }
}

fn trailers(message: &str) -> HeaderMap {
    let text = utf8_percent_encode(message, NON_ALPHANUMERIC).to_string();
    let value = HeaderValue::try_from(text).ok();
    value.map(|value| (HeaderName::from_static(FAILURE_TRAILER), value)).into_iter().collect()
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Stream(receiver) => receiver.poll_recv(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}
