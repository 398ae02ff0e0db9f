//! A request as the handlers see it: its parts taken apart, its body not yet read.

use corten_api_types::ApiVersion;
use http::Method;
use http::request::Parts;
use http_body_util::{BodyExt as _, Limited};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::hijack::{Client, Takeover, Upgrade};
use crate::query::Query;
use crate::request_body::RequestBody;

/// The largest JSON body. Docker's own clients send some kilobytes.
const MAX_JSON: usize = 8 * 1024 * 1024;

/// A request.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Decoded, without the version, split at slashes.
    pub(crate) path: Vec<String>,
    pub(crate) query: Query,
    pub(crate) inner: hyper::Request<RequestBody>,
    takeover: Takeover,
}

impl Request {
    /// `path` is the request's without `version`.
    pub(crate) fn new(
        inner: hyper::Request<RequestBody>,
        (version, path): (ApiVersion, &str),
        takeover: &Takeover,
    ) -> Self {
        let path = path.split('/').filter(|part| !part.is_empty());
        Self {
            method: inner.method().clone(),
            path: path.map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect(),
            query: Query::parse(version, inner.uri().query().unwrap_or_default()),
            inner,
            takeover: takeover.clone(),
        }
    }

    /// Whether the client understands fields behind a body.
    pub(crate) fn takes_trailers(&self) -> bool {
        self.inner.headers().get(http::header::TE).is_some_and(|value| value == "trailers")
    }

    /// The body as JSON; an absent one is refused.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T, Failure> {
        let bytes = read_whole(self.inner).await?;
        if bytes.is_empty() {
            return Err(Failure::invalid("invalid JSON: got EOF while reading request body"));
        }
        serde_json::from_slice(&bytes).map_err(|error| Failure::invalid(format!("invalid JSON: {error}")))
    }

    /// The body as JSON, or the default where there is none.
    pub(crate) async fn json_or_default<T: DeserializeOwned + Default>(self) -> Result<T, Failure> {
        let bytes = read_whole(self.inner).await?;
        if bytes.is_empty() {
            return Ok(T::default());
        }
        serde_json::from_slice(&bytes).map_err(|error| Failure::invalid(format!("invalid JSON: {error}")))
    }

    /// The client's connection, to be handed over. Must be asked for before the body is read.
    pub(crate) fn client(&mut self) -> Client {
        Client::of(&mut self.inner, self.query.version, &self.takeover)
    }

    /// The client's connection, for after an answer that upgrades it. As [`Request::client`].
    pub(crate) fn upgrade(&mut self) -> Upgrade {
        Upgrade::of(&mut self.inner, &self.takeover)
    }
}

async fn read_whole(request: hyper::Request<RequestBody>) -> Result<bytes::Bytes, Failure> {
    let (_, body): (Parts, RequestBody) = request.into_parts();
    let collected = Limited::new(body, MAX_JSON).collect().await;
    let collected =
        collected.map_err(|error| Failure::invalid(format!("cannot read the request's body: {error}")))?;
    Ok(collected.to_bytes())
}
