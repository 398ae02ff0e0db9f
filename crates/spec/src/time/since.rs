//! What `--since` and `--until` accept.

use super::Timestamp;
use super::parse::{Precision, Scanner, parse_unix};
use crate::duration::parse_go;
use crate::quote::quote;

/// A text that is neither a time nor a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to parse value as time or duration: {}", quote(text))]
pub struct SinceError {
    /// The text.
    pub text: String,
}

/// [`parse_since_at`] with times without an offset read as UTC.
///
/// # Errors
/// [`SinceError`].
pub fn parse_since(text: &str, now: Timestamp) -> Result<Timestamp, SinceError> {
    parse_since_at(text, now, 0)
}

/// Reads a time as Docker's clients do: a Go duration before `now` (`10m`), an RFC 3339 time or the beginning of one
/// (`2026-01-02`, `2026-01-02T03:04`), or seconds since 1970 with or without a fraction.
///
/// A time without an offset is taken to be `utc_offset` seconds east of Greenwich. A duration gives whole seconds, rounded
/// down, as in Docker.
///
/// # Errors
/// [`SinceError`] for anything else, or a time outside the range of [`Timestamp`].
pub fn parse_since_at(text: &str, now: Timestamp, utc_offset: i32) -> Result<Timestamp, SinceError> {
    let error = || SinceError { text: text.to_owned() };
    // "0" is a duration to Go, but seconds since 1970 to Docker.
    if let Ok(ago) = parse_go(text)
        && text != "0"
    {
        let then = now.saturating_add_nanos(ago.saturating_neg());
        return Timestamp::from_unix(then.unix_seconds(), 0).ok_or_else(error);
    }
    if text.contains('-') {
        return parse_partial(text, i64::from(utc_offset)).ok_or_else(error);
    }
    parse_unix(text).map_err(|_| error())
}

fn parse_partial(text: &str, utc_offset: i64) -> Option<Timestamp> {
    let mut scanner = Scanner::new(text);
    let time = scanner.date_time(Precision::Any)?;
    let offset = if scanner.is_done() { utc_offset } else { scanner.offset()? };
    if !scanner.is_done() {
        return None;
    }
    time.at_offset(offset)
}
