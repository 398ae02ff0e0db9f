//! Bodies of answers: known at once, or written while they are read.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// How many chunks may wait for a slow client before the writer waits too.
const CHUNKS_IN_FLIGHT: usize = 8;

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// Known at once.
    Whole(Full<Bytes>),
    /// Written by a task.
    Stream(mpsc::Receiver<Bytes>),
}

/// Writes a streamed body; the body ends when it is dropped.
#[derive(Debug)]
pub(crate) struct ChunkSender(mpsc::Sender<Bytes>);

impl ChunkSender {
    /// Sends a chunk, waiting for a slow client; false when the client is gone.
    pub(crate) async fn send(&self, chunk: impl Into<Bytes>) -> bool {
        self.0.send(chunk.into()).await.is_ok()
    }

    /// Ends when the client is gone.
    pub(crate) async fn client_gone(&self) {
        self.0.closed().await;
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

    /// A body and who writes it.
    pub(crate) fn stream() -> (ChunkSender, Self) {
        let (sender, receiver) = mpsc::channel(CHUNKS_IN_FLIGHT);
        (ChunkSender(sender), Self::Stream(receiver))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(context),
            Self::Stream(receiver) => {
                receiver.poll_recv(context).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
            }
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
