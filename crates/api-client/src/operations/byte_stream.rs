//! A body of raw bytes, read as they come (logs).

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;

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
    /// When the connection broke.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|source| Error::Transport { request: self.request.clone(), source })?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}
