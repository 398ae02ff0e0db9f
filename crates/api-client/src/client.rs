//! Sends requests, with paths below the API version.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use corten_api_types::{API_VERSION, ApiVersion, ErrorResponse};
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Incoming;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::body::RequestBody;
use crate::connections::Connections;
use crate::error::unreachable;
use crate::request::Request;
use crate::{Connector, Error, Hijacked, Stream};

/// A client of one engine; cheap to clone. Has to be used inside a tokio runtime.
#[derive(Clone)]
pub struct Client {
    connections: Connections,
    version: ApiVersion,
}

impl Client {
    /// A client that speaks the newest version of the API.
    #[must_use]
    pub fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connections: Connections::new(connector), version: API_VERSION }
    }

    /// Asks the engine for its newest version and speaks that one if it is older than ours.
    ///
    /// # Errors
    /// When the engine cannot be reached.
    pub async fn negotiate(&mut self) -> Result<(), Error> {
        let ping = self.ping().await?;
        // What is no version is an engine's that has none to negotiate.
        if let Some(theirs) = ping.api_version.and_then(|text| text.parse().ok()) {
            self.version = self.version.min(theirs);
        }
        Ok(())
    }

    /// The version of the API that is spoken, `1.51`.
    #[must_use]
    pub fn version(&self) -> ApiVersion {
        self.version
    }

    /// The engine's address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.connections.connector().address()
    }

    /// A connection of one's own, on which nothing has been said yet.
    ///
    /// # Errors
    /// When the engine cannot be reached.
    pub async fn dial(&self) -> Result<Box<dyn Stream>, Error> {
        let connecting = self.connections.connector().connect();
        connecting.await.map_err(|source| unreachable("dial", self.address(), source))
    }

    /// Sends a request below the version; an answer of 400 and up becomes [`Error::Server`].
    pub(crate) async fn send(&self, request: Request) -> Result<Response<Incoming>, Error> {
        let target = format!("/v{}{}", self.version, request.target());
        self.send_to(&target, request, false).await
    }

    /// Sends a request to a path without a version.
    pub(crate) async fn send_unversioned(&self, request: Request) -> Result<Response<Incoming>, Error> {
        let target = request.target();
        self.send_to(&target, request, false).await
    }

    /// Sends a request and takes the connection over.
    pub(crate) async fn hijack(&self, request: Request) -> Result<Hijacked, Error> {
        let target = format!("/v{}{}", self.version, request.target());
        let described = request.describe();
        let response = self.send_to(&target, request, true).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(Error::NotUpgraded { status: response.status() });
        }
        Hijacked::take_over(response, described).await
    }

    /// Sends a request and reads the answer as JSON.
    pub(crate) async fn fetch<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        let described = request.describe();
        let bytes = self.fetch_bytes(request).await?;
        serde_json::from_slice(&bytes).map_err(|source| Error::Decode { request: described, source })
    }

    /// Sends a request and reads the answer as it is.
    pub(crate) async fn fetch_bytes(&self, request: Request) -> Result<Bytes, Error> {
        let described = request.describe();
        let response = self.send(request).await?;
        collect(response.into_body(), described).await
    }

    /// Sends a request whose answer has nothing of interest.
    pub(crate) async fn run(&self, request: Request) -> Result<(), Error> {
        self.fetch_bytes(request).await.map(drop)
    }

    async fn send_to(
        &self,
        target: &str,
        request: Request,
        upgrade: bool,
    ) -> Result<Response<Incoming>, Error> {
        let described = request.describe();
        let http = to_http(target, request, upgrade, &**self.connections.connector())
            .map_err(|source| Error::Request { request: described.clone(), source })?;
        let response = self.connections.send(http, upgrade, &described).await?;
        if response.status().as_u16() < 400 {
            return Ok(response);
        }
        let status = response.status();
        let body = collect(response.into_body(), described).await?;
        Err(Error::Server { status, message: error_message(status, &body) })
    }
}

/// Carries credentials for a registry, in base64 of JSON.
const REGISTRY_AUTH: &str = "X-Registry-Auth";

fn to_http(
    target: &str,
    request: Request,
    upgrade: bool,
    connector: &dyn Connector,
) -> http::Result<http::Request<RequestBody>> {
    let mut builder = http::Request::builder()
        .method(&request.method)
        .uri(format!("{}{target}", connector.prefix()))
        .header(header::HOST, connector.authority())
        // Answers that break off tell why behind what came of them.
        .header(header::TE, "trailers");
    if let Some(content_type) = request.body.content_type() {
        builder = builder.header(header::CONTENT_TYPE, content_type);
    }
    if let Some(auth) = request.auth.as_ref().and_then(|auth| serde_json::to_vec(auth).ok()) {
        builder = builder.header(REGISTRY_AUTH, URL_SAFE.encode(auth));
    }
    if upgrade {
        builder = builder
            .header(header::CONNECTION, HeaderValue::from_static("Upgrade"))
            .header(header::UPGRADE, HeaderValue::from_static("tcp"));
    }
    builder.body(request.body)
}

pub(crate) async fn collect(body: Incoming, request: String) -> Result<Bytes, Error> {
    let collected = body.collect().await.map_err(|source| Error::Transport { request, source })?;
    Ok(collected.to_bytes())
}

/// The engine's words: the JSON message, else the text, else the status.
fn error_message(status: StatusCode, body: &[u8]) -> String {
    if let Ok(error) = serde_json::from_slice::<ErrorResponse>(body) {
        return error.message;
    }
    let text = String::from_utf8_lossy(body);
    match text.trim() {
        "" => format!("request returned {status}, check if the server supports the requested API version"),
        text => text.to_owned(),
    }
}

pub(crate) fn json<T: Serialize>(request: &Request, value: &T) -> Result<RequestBody, Error> {
    let text =
        serde_json::to_vec(value).map_err(|source| Error::Decode { request: request.describe(), source })?;
    Ok(RequestBody::Json(Bytes::from(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_json_keeps_its_text() {
        let status = StatusCode::BAD_GATEWAY;
        assert_eq!(error_message(status, br#"{"message":"no"}"#), "no");
        assert_eq!(error_message(status, b"page not found\n"), "page not found");
        assert!(error_message(status, b"").starts_with("request returned 502 Bad Gateway"));
    }
}
