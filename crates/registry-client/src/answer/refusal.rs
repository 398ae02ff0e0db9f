//! A registry's no: its status and its own words.
//! What to do about it is not decided here.
//!
//! Source: OCI distribution-spec, "Error codes"; the words that scripts look for are those of Docker's client.

use std::fmt;
use std::time::Duration;

use corten_error::Kind;
use http::StatusCode;
use serde::Deserialize;

use super::challenge::Challenge;
use super::text::plain;

/// The most errors that are kept of one answer.
const MOST: usize = 8;
/// The longest message that is kept, in characters.
const LONGEST: usize = 512;

/// An answer with a status that is an error's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// What the registry says, the most important first; empty when it says nothing that can be read.
    pub errors: Vec<RegistryError>,
    /// How long it wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// One error as a registry tells it, made fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryError {
    /// In capitals: `MANIFEST_UNKNOWN`.
    pub code: String,
    /// In its own words.
    pub message: String,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    errors: Vec<Told>,
    /// Docker Hub's token server and its limiter say it with one of these.
    #[serde(default)]
    details: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl Refusal {
    /// Reads the answer. A challenge that says that the token's scope does not suffice is a denial, which Docker puts first.
    pub fn read(status: StatusCode, challenges: &[Challenge], body: &[u8]) -> Self {
        let is_denied = status == StatusCode::UNAUTHORIZED
            && challenges.iter().any(|challenge| challenge.parameter("error") == Some("insufficient_scope"));
        let denial =
            is_denied.then(|| RegistryError::new("DENIED", "requested access to the resource is denied"));
        let errors = denial.into_iter().chain(read_body(status, body)).take(MOST).collect();
        Self { status, errors, retry_after: None }
    }

    /// The code of the first error, or nothing.
    pub fn code(&self) -> &str {
        self.errors.first().map_or("", |error| &error.code)
    }

    /// Whether the same request may be answered otherwise a little later.
    pub fn is_transient(&self) -> bool {
        is_transient(self.status)
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> Kind {
        match self.code() {
            "MANIFEST_UNKNOWN" | "NAME_UNKNOWN" | "BLOB_UNKNOWN" | "BLOB_UPLOAD_UNKNOWN" => Kind::NotFound,
            "UNAUTHORIZED" => Kind::Unauthorized,
            "DENIED" => Kind::Forbidden,
            "UNSUPPORTED" => Kind::NotImplemented,
            "TOOMANYREQUESTS" => Kind::Unavailable,
            _ => kind_of_status(self.status),
        }
    }
}

/// Whether a status says that trying again can help.
pub(crate) fn is_transient(status: StatusCode) -> bool {
    use StatusCode as S;
    let temporary = [
        S::REQUEST_TIMEOUT,
        S::TOO_MANY_REQUESTS,
        S::INTERNAL_SERVER_ERROR,
        S::BAD_GATEWAY,
        S::SERVICE_UNAVAILABLE,
        S::GATEWAY_TIMEOUT,
    ];
    temporary.contains(&status)
}

fn kind_of_status(status: StatusCode) -> Kind {
    match status {
        StatusCode::UNAUTHORIZED => Kind::Unauthorized,
        StatusCode::FORBIDDEN => Kind::Forbidden,
        StatusCode::NOT_FOUND => Kind::NotFound,
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => Kind::NotImplemented,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Kind::Unavailable,
        status if status.is_client_error() => Kind::Invalid,
        _ => Kind::Unavailable,
    }
}

fn read_body(status: StatusCode, body: &[u8]) -> Vec<RegistryError> {
    let Ok(document) = serde_json::from_slice::<Document>(body) else { return Vec::new() };
    if let Some(words) = document.details.or(document.message).filter(|_| document.errors.is_empty()) {
        let code = match status {
            StatusCode::UNAUTHORIZED => "UNAUTHORIZED",
            StatusCode::FORBIDDEN => "DENIED",
            StatusCode::TOO_MANY_REQUESTS => "TOOMANYREQUESTS",
            _ => "UNKNOWN",
        };
        return vec![RegistryError::new(code, &words)];
    }
    let told = document.errors.into_iter().take(MOST);
    told.map(|told| RegistryError::new(&told.code.unwrap_or_default(), &told.message.unwrap_or_default()))
        .collect()
}

impl RegistryError {
    fn new(code: &str, message: &str) -> Self {
        let code = plain(code, 64).to_ascii_uppercase();
        let code = if code.is_empty() { "UNKNOWN".to_owned() } else { code };
        Self { code, message: plain(message, LONGEST) }
    }
}

/// As Docker prints it: `manifest unknown: manifest unknown`.
impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.code.to_ascii_lowercase().replace('_', " ");
        if self.message.is_empty() { f.write_str(&words) } else { write!(f, "{words}: {}", self.message) }
    }
}

/// The first error, or the status.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errors.first() {
            Some(error) => error.fmt(f),
            None => write!(f, "received unexpected HTTP status: {}", self.status),
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::challenge;

    fn check(status: u16, header: &str, body: &str, text: &str, kind: Kind) {
        let challenges = challenge::parse(header).unwrap();
        let refusal = Refusal::read(StatusCode::from_u16(status).unwrap(), &challenges, body.as_bytes());
        assert_eq!((refusal.to_string().as_str(), refusal.kind()), (text, kind));
    }

    #[test]
    fn the_words_are_those_that_docker_prints() {
        let unknown =
            r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"x"}}]}"#;
        check(404, "", unknown, "manifest unknown: manifest unknown", Kind::NotFound);
        let required =
            r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}"#;
        check(401, "Basic realm=x", required, "unauthorized: authentication required", Kind::Unauthorized);
        let denied = "denied: requested access to the resource is denied";
        check(401, "Bearer realm=x,error=insufficient_scope", required, denied, Kind::Forbidden);
        let limit =
            r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}"#;
        check(429, "", limit, "toomanyrequests: You have reached your pull rate limit.", Kind::Unavailable);
        let details = r#"{"details":"incorrect username or password"}"#;
        check(401, "", details, "unauthorized: incorrect username or password", Kind::Unauthorized);
    }

    #[test]
    fn without_words_the_status_speaks() {
        let text = "received unexpected HTTP status: 502 Bad Gateway";
        for body in ["", "<html>", "[]", "null", r#"{"errors":{}}"#, r#"{"errors":[]}"#] {
            check(502, "", body, text, Kind::Unavailable);
        }
        check(404, "", "", "received unexpected HTTP status: 404 Not Found", Kind::NotFound);
    }

    #[test]
    fn words_are_made_fit_to_be_shown() {
        check(
            400,
            "",
            r#"{"errors":[{"code":"\u001b[2J","message":"a\u0007\nb"}]}"#,
            "[2j: a b",
            Kind::Invalid,
        );
        check(400, "", r#"{"errors":[{}]}"#, "unknown", Kind::Invalid);
    }
}
