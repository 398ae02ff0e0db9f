//! Who gets in: anybody, who shows a password, or who shows a token that the registry's own token server gave.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::answer::Answer;
use super::request::{Request, parameter};

/// What admits to the registry.
const TOKEN: &str = "a-token";
/// What gets tokens in place of a password.
const IDENTITY: &str = "an-identity";

#[derive(Debug, Default)]
pub(super) struct Door {
    /// The header that a password makes; nothing lets everybody in.
    password: Option<String>,
    wants_token: bool,
    /// Each once, in order.
    pub(super) shown: Vec<String>,
}

impl Door {
    pub(super) fn password(user: &str, password: &str) -> Self {
        let header = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        Self { password: Some(header), ..Self::default() }
    }

    pub(super) fn token(user: &str, password: &str) -> Self {
        Self { wants_token: true, ..Self::password(user, password) }
    }

    pub(super) fn admits(&mut self, request: &Request) -> bool {
        self.note(&request.authorization);
        match &self.password {
            None => true,
            Some(_) if self.wants_token => request.authorization == format!("Bearer {TOKEN}"),
            Some(password) => request.authorization == *password,
        }
    }

    pub(super) fn refuse(&self, address: &str, answer: &mut Answer<'_>) -> io::Result<bool> {
        let challenge = if self.wants_token {
            format!(r#"Bearer realm="http://{address}/token",service="registry""#)
        } else {
            r#"Basic realm="registry""#.to_owned()
        };
        let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
        answer.reply("401 Unauthorized", &[("WWW-Authenticate", &challenge)], body)
    }

    /// Answers as a token server.
    pub(super) fn give_token(
        &mut self,
        request: &Request,
        body: &[u8],
        answer: &mut Answer<'_>,
    ) -> io::Result<bool> {
        self.note(&request.authorization);
        let form = String::from_utf8_lossy(body);
        let identity = parameter(&form, "refresh_token");
        if let Some(identity) = &identity {
            self.note(identity);
        }
        let is_known = identity.as_deref() == Some(IDENTITY)
            || self.password.as_ref().is_none_or(|password| *password == request.authorization);
        if !is_known {
            return answer.fail("401 Unauthorized", "UNAUTHORIZED");
        }
        let more = match request.parameter("offline_token").as_deref() {
            Some("true") => format!(r#","refresh_token":"{IDENTITY}""#),
            _ => String::new(),
        };
        let body = format!(r#"{{"token":"{TOKEN}","access_token":"{TOKEN}"{more}}}"#);
        answer.reply("200 OK", &[("Content-Type", "application/json")], &body)
    }

    fn note(&mut self, shown: &str) {
        if !shown.is_empty() && !self.shown.iter().any(|other| other == shown) {
            self.shown.push(shown.to_owned());
        }
    }
}
