//! A request to a registry, and what it may use there.
//! It can be made any number of times: that is what trying again needs.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;

use crate::authentication::Scopes;
use crate::payload::Payload;

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Payload,
    /// Whether the body is a secret, and goes nowhere else than to the origin of the URL.
    pub(crate) is_secret: bool,
    /// What the token for it has to allow.
    pub(crate) scopes: Scopes,
}

impl Request {
    pub(crate) fn new(method: Method, url: Url, scopes: &Scopes) -> Self {
        let mut headers = HeaderMap::new();
        // A body that is packed once more would be neither of the announced size nor of the announced digest.
        headers.insert(http::header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        Self {
            method,
            url,
            headers,
            body: Payload::Bytes(Bytes::new()),
            is_secret: false,
            scopes: scopes.clone(),
        }
    }

    pub(crate) fn get(url: Url, scopes: &Scopes) -> Self {
        Self::new(Method::GET, url, scopes)
    }

    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }
}
