//! `Retry-After`: how long a registry wants to be left alone.
//! How much of that is granted is not decided here.
//!
//! Source: RFC 9110, section 10.2.3.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::fmt::rfc2822::DateTimeParser;

/// Reads seconds, or a date, of which what lies between it and `now` counts.
pub fn parse(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    if text.len() > 64 {
        return None;
    }
    let date = DateTimeParser::new().parse_timestamp(text).ok()?;
    let seconds = u64::try_from(date.as_second()).ok()?;
    Some((UNIX_EPOCH + Duration::from_secs(seconds)).duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let parse = |text| parse(text, now).map(|wait| wait.as_secs());
        assert_eq!(parse("120"), Some(120));
        assert_eq!(parse("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(parse("Sun, 06 Nov 1994 08:50:07 GMT"), Some(30));
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:00 GMT"), Some(0), "it is over");
        for text in ["", "-1", "1.5", "soon", "Sun, 06 Nov"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
