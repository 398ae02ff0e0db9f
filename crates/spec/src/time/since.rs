//! What `--since` and `--until` accept.
//! No time zone is looked up: the caller knows the local offset.

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
/// down, as in Docker. A time outside the range of [`Timestamp`] is the nearest inside.
///
/// # Errors
/// [`SinceError`] for anything else.
pub fn parse_since_at(text: &str, now: Timestamp, utc_offset: i32) -> Result<Timestamp, SinceError> {
    let error = || SinceError { text: text.to_owned() };
    // "0" is a duration to Go, but seconds since 1970 to Docker.
    if let Ok(ago) = parse_go(text)
        && text != "0"
    {
        let then = now.saturating_add_nanos(ago.saturating_neg());
        return Ok(Timestamp::from_unix_clamped(then.unix_seconds(), 0));
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
    Some(time.near_offset(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_750_000_000;

    fn since(text: &str) -> Option<i64> {
        parse_since(text, Timestamp::from_nanos(NOW)).ok().map(Timestamp::as_nanos)
    }

    #[test]
    fn beginnings_of_rfc3339_times_are_read() {
        let seconds = |count: i64| Some(count * 1_000_000_000);
        for (text, expected) in [
            ("2006-01-02T15:04:05.999999999+07:00", Some(1_136_189_045_999_999_999)),
            ("2006-01-02T15:04:05.999999999", Some(1_136_214_245_999_999_999)),
            ("2006-01-02T15:04:05Z", seconds(1_136_214_245)),
            ("2006-01-02T15:04:05", seconds(1_136_214_245)),
            ("2006-01-02T15:04Z", seconds(1_136_214_240)),
            ("2006-01-02T15:04-00:00", seconds(1_136_214_240)),
            ("2006-01-02T15+00:00", seconds(1_136_214_000)),
            ("2006-01-02T15", seconds(1_136_214_000)),
            ("2006-01-02T1Z", seconds(1_136_163_600)),
            ("2006-01-02-00:01", seconds(1_136_160_060)),
            ("2006-01-02Z", seconds(1_136_160_000)),
            ("2006-01-02", seconds(1_136_160_000)),
            ("2006-01-02T15:04:0Z", None),
            ("2006-01-02T15:0", None),
            ("2006-01-02TZ", None),
            ("2006-01-02T", None),
        ] {
            assert_eq!(since(text), expected, "{text}");
        }
    }

    #[test]
    fn unix_times_are_read_as_they_are() {
        assert_eq!(since("1136073600.000000001"), Some(1_136_073_600_000_000_001));
        assert_eq!(since("0"), Some(0));
    }

    #[test]
    fn durations_count_back_from_now_to_a_whole_second() {
        assert_eq!(since("1m"), Some(1_699_999_940_000_000_000));
        assert_eq!(since("1h30m"), since("1.5h"));
        assert_eq!(since("-10s"), Some(1_700_000_010_000_000_000));
        assert_eq!(since("0s"), Some(1_700_000_000_000_000_000));
    }

    #[test]
    fn a_time_without_an_offset_is_the_callers_local_time() {
        let at = |text| parse_since_at(text, Timestamp::from_nanos(NOW), 7_200).unwrap().as_nanos();
        assert_eq!(at("2006-01-02"), (1_136_160_000 - 7_200) * 1_000_000_000);
        assert_eq!(at("2006-01-02Z"), 1_136_160_000 * 1_000_000_000);
    }

    #[test]
    fn a_time_that_nothing_happens_at_is_the_nearest_that_something_can() {
        assert_eq!(since("2999-01-01"), Some(i64::MAX));
        assert_eq!(since("1000-01-01T00:00:00Z"), Some(i64::MIN + 1));
    }

    #[test]
    fn anything_else_is_told_in_the_words_of_docker() {
        for text in ["", "invalid", "5d", "2006-13-01", "1.x"] {
            let error = parse_since(text, Timestamp::from_nanos(NOW)).unwrap_err();
            assert_eq!(error.to_string(), format!("failed to parse value as time or duration: \"{text}\""));
        }
    }
}
