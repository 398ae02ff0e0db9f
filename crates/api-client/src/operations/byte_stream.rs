//! A body of raw bytes, read as they come (logs, archives).

use bytes::Bytes;
use corten_api_types::FAILURE_TRAILER;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use percent_encoding::percent_decode;

use crate::Error;

/// Bytes of a streamed answer.
pub struct ByteStream {
    body: Incoming,
    request: String,
}

impl ByteStream {
    pub(crate) fn new(body: Incoming, request: String) -> Self {
        Self { body, request }
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// When the connection broke, or the engine says why there is no more.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|source| Error::Transport { request: self.request.clone(), source })?;
            match frame.into_data() {
                Ok(data) => return Ok(Some(data)),
                Err(frame) => frame.into_trailers().map_or(Ok(()), |trailers| refuse_failure(&trailers))?,
            }
        }
        Ok(None)
    }
}

fn refuse_failure(trailers: &HeaderMap) -> Result<(), Error> {
    let Some(failure) = trailers.get(FAILURE_TRAILER) else { return Ok(()) };
    let message = percent_decode(failure.as_bytes()).decode_utf8_lossy().into_owned();
    Err(Error::Server { status: StatusCode::INTERNAL_SERVER_ERROR, message })
}
