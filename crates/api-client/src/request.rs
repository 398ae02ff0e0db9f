//! A request as an operation describes it, before it becomes HTTP.

use corten_api_types::AuthConfig;
use http::Method;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::body::RequestBody;

/// What has to be escaped in a path segment: names of images keep their `/`, `:` and `@`.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// What stays readable in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One request.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path below the version, without a query.
    pub(crate) path: String,
    query: String,
    pub(crate) body: RequestBody,
    /// Credentials for a registry.
    pub(crate) auth: Option<AuthConfig>,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path.into())
    }

    pub(crate) fn head(path: impl Into<String>) -> Self {
        Self::new(Method::HEAD, path.into())
    }

    pub(crate) fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path.into())
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path.into())
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path.into())
    }

    fn new(method: Method, path: String) -> Self {
        Self { method, path, query: String::new(), body: RequestBody::Empty, auth: None }
    }

    /// Adds `key=value`.
    pub(crate) fn query(mut self, key: &str, value: &str) -> Self {
        self.query.push(if self.query.is_empty() { '?' } else { '&' });
        self.query.push_str(key);
        self.query.push('=');
        self.query.extend(utf8_percent_encode(value, QUERY));
        self
    }

    /// Adds `key=value` unless the value is empty.
    pub(crate) fn query_text(self, key: &str, value: &str) -> Self {
        if value.is_empty() { self } else { self.query(key, value) }
    }

    /// Adds `key=1` if the switch is on.
    pub(crate) fn query_switch(self, key: &str, on: bool) -> Self {
        if on { self.query(key, "1") } else { self }
    }

    pub(crate) fn body(mut self, body: RequestBody) -> Self {
        self.body = body;
        self
    }

    /// Sends credentials along; without a name or a token there is nothing to send.
    pub(crate) fn auth(mut self, auth: &AuthConfig) -> Self {
        self.auth = (*auth != AuthConfig::default()).then(|| auth.clone());
        self
    }

    /// Path and query.
    pub(crate) fn target(&self) -> String {
        format!("{}{}", self.path, self.query)
    }

    /// The request in words, for messages.
    pub(crate) fn describe(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// A name or id as part of a path.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_escaped_and_empty_ones_left_out() {
        let request = Request::get("/events")
            .query_text("since", "")
            .query("filters", r#"{"a":{"b c":true}}"#)
            .query_switch("x", false)
            .query_switch("y", true);
        assert_eq!(request.target(), "/events?filters=%7B%22a%22%3A%7B%22b%20c%22%3Atrue%7D%7D&y=1");
    }

    #[test]
    fn an_image_name_keeps_its_slashes_but_not_its_question_marks() {
        assert_eq!(segment("ghcr.io/a/b:1@sha256:0?x=1 "), "ghcr.io/a/b:1@sha256:0%3Fx=1%20");
    }
}
