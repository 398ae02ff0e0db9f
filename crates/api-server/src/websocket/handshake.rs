//! Whether a request asks for a websocket that can be had, and the answer. Pure.

use http::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, Request, Response, StatusCode, Version};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::body::AnswerBody;
use crate::respond;

/// The version of RFC 6455.
const VERSION: &str = "13";

/// Why a request gets no websocket; Docker's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It does not ask for one.
    NotAsked,
    /// It lacks the key that is to be answered.
    NoKey,
    /// It speaks another version.
    Version,
    /// It lets us choose between protocols of its own.
    Protocols,
}

impl Refusal {
    fn text(self) -> &'static str {
        match self {
            Self::NotAsked => "not websocket protocol",
            Self::NoKey => "mismatch challenge/response",
            Self::Version => "missing or bad WebSocket Version",
            // Docker says nothing but the status.
            Self::Protocols => "",
        }
    }

    /// The answer, after which the connection ends.
    pub(crate) fn answer(self) -> Response<AnswerBody> {
        let body = AnswerBody::whole(self.text());
        let mut response = respond::with_body(StatusCode::BAD_REQUEST, "text/plain; charset=utf-8", body);
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        if self == Self::Version {
            response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION));
        }
        response
    }
}

/// The answer that makes the connection a websocket.
pub(crate) fn accept<B>(request: &Request<B>) -> Result<Response<AnswerBody>, Refusal> {
    let headers = request.headers();
    let asks = first(headers, &UPGRADE).eq_ignore_ascii_case("websocket")
        && first(headers, &CONNECTION).to_ascii_lowercase().contains("upgrade");
    // HTTP/1.0 has no upgrades.
    if !asks || request.version() < Version::HTTP_11 {
        return Err(Refusal::NotAsked);
    }
    let key = first(headers, &SEC_WEBSOCKET_KEY);
    if key.is_empty() {
        return Err(Refusal::NoKey);
    }
    if first(headers, &SEC_WEBSOCKET_VERSION) != VERSION {
        return Err(Refusal::Version);
    }
    let protocol = first(headers, &SEC_WEBSOCKET_PROTOCOL).trim();
    if protocol.contains(',') {
        return Err(Refusal::Protocols);
    }
    Ok(accepted(key, protocol))
}

fn accepted(key: &str, protocol: &str) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()));
    // Whatever the one protocol is, the client has chosen it.
    let protocol = HeaderValue::try_from(protocol).ok().filter(|protocol| !protocol.is_empty());
    headers.extend(accept.ok().map(|accept| (SEC_WEBSOCKET_ACCEPT, accept)));
    headers.extend(protocol.map(|protocol| (SEC_WEBSOCKET_PROTOCOL, protocol)));
    response
}

/// A header's first value; empty where there is none, or where it is no text.
fn first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [(&str, &str); 4] = [
        ("Upgrade", "WebSocket"),
        ("Connection", "keep-alive, Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
    ];

    /// What a request with these headers gets, instead of and beside those of a whole one; an empty one is left out.
    fn answer(version: Version, headers: &[(&str, &str)]) -> Result<HeaderMap, Refusal> {
        let mut request = Request::builder().version(version);
        let others = WHOLE.iter().filter(|(name, _)| headers.iter().all(|(other, _)| other != name));
        for (name, value) in others.chain(headers).filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        accept(&request.body(()).unwrap()).map(|response| response.headers().clone())
    }

    #[test]
    fn the_key_is_answered_as_the_standard_says() {
        // RFC 6455, section 1.3.
        let headers = answer(Version::HTTP_11, &[]).unwrap();
        assert_eq!(headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!((&headers["upgrade"], &headers["connection"]).0, "websocket");
        assert!(!headers.contains_key("sec-websocket-protocol"));
        let headers = answer(Version::HTTP_11, &[("Sec-WebSocket-Protocol", "chat")]).unwrap();
        assert_eq!(headers["sec-websocket-protocol"], "chat");
    }

    #[test]
    fn what_is_missing_is_said_in_dockers_words() {
        let check = |header: (&'static str, &'static str), refusal: Refusal, text: &str| {
            assert_eq!(answer(Version::HTTP_11, &[header]).unwrap_err(), refusal, "{header:?}");
            assert_eq!(refusal.text(), text);
            assert_eq!(refusal.answer().status(), StatusCode::BAD_REQUEST);
        };
        check(("Upgrade", ""), Refusal::NotAsked, "not websocket protocol");
        check(("Upgrade", "tcp"), Refusal::NotAsked, "not websocket protocol");
        check(("Connection", ""), Refusal::NotAsked, "not websocket protocol");
        check(("Sec-WebSocket-Key", ""), Refusal::NoKey, "mismatch challenge/response");
        check(("Sec-WebSocket-Version", ""), Refusal::Version, "missing or bad WebSocket Version");
        check(("Sec-WebSocket-Version", "8"), Refusal::Version, "missing or bad WebSocket Version");
        check(("Sec-WebSocket-Protocol", "a, b"), Refusal::Protocols, "");
        assert_eq!(answer(Version::HTTP_10, &[]).unwrap_err(), Refusal::NotAsked);
        assert_eq!(Refusal::Version.answer().headers()["sec-websocket-version"], "13");
    }
}
