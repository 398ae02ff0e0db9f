//! Bodies of requests: nothing, JSON in memory, or a file that is read while it is sent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes that are read at once from an upload; tar readers on the other side like big blocks.
const CHUNK: usize = 64 * 1024;

/// The body of a request.
pub(crate) enum RequestBody {
    Empty,
    Json(Bytes),
    Upload(Pin<Box<dyn AsyncRead + Send>>),
}

impl RequestBody {
    /// The content type that goes with it.
    pub(crate) fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Empty => None,
            Self::Json(_) => Some("application/json"),
            Self::Upload(_) => Some("application/x-tar"),
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Json(text) => {
                let text = std::mem::take(text);
                *self = Self::Empty;
                Poll::Ready(Some(Ok(Frame::data(text))))
            }
            Self::Upload(reader) => {
                let mut chunk = vec![0; CHUNK];
                let mut buffer = ReadBuf::new(&mut chunk);
                ready!(reader.as_mut().poll_read(context, &mut buffer))?;
                let filled = buffer.filled().len();
                if filled == 0 {
                    *self = Self::Empty;
                    return Poll::Ready(None);
                }
                chunk.truncate(filled);
                Poll::Ready(Some(Ok(Frame::data(Bytes::from(chunk)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Empty)
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            Self::Empty => hyper::body::SizeHint::with_exact(0),
            Self::Json(text) => hyper::body::SizeHint::with_exact(text.len() as u64),
            Self::Upload(_) => hyper::body::SizeHint::default(),
        }
    }
}
