//! The body of a request, of which the beginning is read even where nobody wants it.
//!
//! Go's clients send a body after the head, in a second write. An answer that closes the connection between the two reaches them as a broken pipe
//! instead of what it says.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::runtime::Handle;
use tokio::time;

/// As many bytes as Go's server reads of what its handlers have left.
const MOST: usize = 256 * 1024;

/// How long a client may take to send them.
const PATIENCE: Duration = Duration::from_secs(5);

/// The body.
pub(crate) struct RequestBody(Option<Incoming>);

impl RequestBody {
    pub(crate) fn new(body: Incoming) -> Self {
        Self(Some(body))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.0.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let Some(rest) = self.0.take().filter(|body| !body.is_end_stream()) else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        // What comes is worth nothing, and neither is the news that it does not come.
        runtime.spawn(async move { drop(time::timeout(PATIENCE, Limited::new(rest, MOST).collect()).await) });
    }
}
