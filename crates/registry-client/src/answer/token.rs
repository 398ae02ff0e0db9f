//! What a token server gives.
//! Its form is checked, not its content: a token is for the registry to understand.
//!
//! Source: Docker Registry v2 authentication via central service; RFC 6749, section 5.1.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// Tokens are held to last at least that long, as Docker does, which is also what one lasts that does not say.
const SHORTEST: Duration = Duration::from_secs(60);
/// No token is kept longer.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A token for a registry.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The token.
    pub value: String,
    /// How long it may be used.
    pub lifetime: Duration,
    /// A token to get others for in place of a password, where one was asked for and given.
    pub identity: Option<String>,
}

/// Why a document gives no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It is no such document.
    #[error("the answer of the token server cannot be read")]
    Form(#[source] serde_json::Error),
    /// It has none, or one that no header can hold.
    #[error("the answer of the token server has no token")]
    Missing,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    refresh_token: Option<String>,
    /// A float, since some servers write one.
    #[serde(default)]
    expires_in: Option<f64>,
}

/// Reads the answer of a token server.
///
/// # Errors
/// [`TokenError`].
pub fn parse(bytes: &[u8]) -> Result<Token, TokenError> {
    let document: Document = serde_json::from_slice(bytes).map_err(TokenError::Form)?;
    let given = [document.token, document.access_token];
    let value = given.into_iter().flatten().find(|token| !token.is_empty()).ok_or(TokenError::Missing)?;
    // Anything else could not stand in a header, or would end it.
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TokenError::Missing);
    }
    let lifetime = document.expires_in.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok(Token {
        value,
        lifetime: lifetime.unwrap_or(SHORTEST).clamp(SHORTEST, LONGEST),
        identity: document.refresh_token.filter(|token| !token.is_empty()),
    })
}

/// The token itself is left out.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({:?})", self.lifetime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, u64), String> {
        let token = parse(text.as_bytes()).map_err(|error| error.to_string())?;
        Ok((token.value, token.lifetime.as_secs()))
    }

    #[test]
    fn either_name_gives_a_token_and_its_lifetime_is_bounded() {
        let ok = |value: &str, lifetime| Ok((value.to_owned(), lifetime));
        assert_eq!(read(r#"{"token":"a","expires_in":300}"#), ok("a", 300));
        assert_eq!(read(r#"{"token":"","access_token":"b"}"#), ok("b", 60));
        assert_eq!(read(r#"{"token":"a","expires_in":1}"#), ok("a", 60));
        assert_eq!(read(r#"{"token":"a","expires_in":-1}"#), ok("a", 60));
        assert_eq!(read(r#"{"token":"a","expires_in":1e300}"#), ok("a", 60));
        assert_eq!(read(r#"{"token":"a","expires_in":1e9}"#), ok("a", 86400));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let missing = Err("the answer of the token server has no token".to_owned());
        assert_eq!(read("{}"), missing);
        assert_eq!(read(r#"{"token":"a\r\nX-Other: b"}"#), missing);
        assert_eq!(read("<html>"), Err("the answer of the token server cannot be read".to_owned()));
        assert_eq!(read(r#"{"token":5}"#), Err("the answer of the token server cannot be read".to_owned()));
    }

    #[test]
    fn a_token_is_not_printed() {
        assert!(!format!("{:?}", parse(br#"{"token":"secret"}"#).unwrap()).contains("secret"));
    }
}
