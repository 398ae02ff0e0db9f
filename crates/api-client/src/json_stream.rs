//! A body of JSON values one after another, read as they come (events, load).

use std::marker::PhantomData;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::de::DeserializeOwned;

use crate::Error;

/// Values of a streamed answer.
pub struct JsonStream<T> {
    body: Incoming,
    buffer: Vec<u8>,
    request: String,
    value: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> JsonStream<T> {
    pub(crate) fn new(body: Incoming, request: String) -> Self {
        Self { body, buffer: Vec::new(), request, value: PhantomData }
    }

    /// The next value; `None` when the engine has ended the stream.
    ///
    /// # Errors
    /// When the connection broke or what came is not JSON of this kind.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(value) = self.take_buffered()? {
                return Ok(Some(value));
            }
            let Some(frame) = self.body.frame().await else {
                return match self.buffer.iter().all(u8::is_ascii_whitespace) {
                    true => Ok(None),
                    false => Err(Error::EndedEarly { request: self.request.clone() }),
                };
            };
            let frame = frame.map_err(|source| Error::Transport { request: self.request.clone(), source })?;
            if let Some(data) = frame.data_ref() {
                self.buffer.extend_from_slice(data);
            }
        }
    }

    /// A whole value at the front of the buffer, taken out of it.
    fn take_buffered(&mut self) -> Result<Option<T>, Error> {
        let mut values = serde_json::Deserializer::from_slice(&self.buffer).into_iter::<T>();
        match values.next() {
            None => Ok(None),
            Some(Ok(value)) => {
                let used = values.byte_offset();
                self.buffer.drain(..used);
                Ok(Some(value))
            }
            Some(Err(error)) if error.is_eof() => Ok(None),
            Some(Err(source)) => Err(Error::Decode { request: self.request.clone(), source }),
        }
    }
}
