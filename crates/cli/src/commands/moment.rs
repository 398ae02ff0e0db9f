//! `--since` and `--until` as the API takes them: seconds and nanoseconds since the epoch. Durations and zones are the
//! client's, so that they are worked out here.

use std::time::SystemTime;

use corten_spec::time::{Timestamp, parse_since_at};

use crate::failure::{Failure, Outcome};
use crate::output::utc_offset;

/// `42m`, `2013-01-02T13:23:37Z` or seconds; empty text stays empty.
///
/// # Errors
/// Docker's text, after `prefix`.
pub(super) fn to_api(text: &str, prefix: &str) -> Outcome<String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let now = Timestamp::from_system_time(SystemTime::now());
    let time = parse_since_at(text, now, utc_offset(now.unix_seconds()))
        .map_err(|error| Failure::new(format!("{prefix}{error}")))?;
    Ok(format!("{}.{:09}", time.unix_seconds(), time.subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_seconds_and_nanoseconds() {
        assert_eq!(to_api("2013-01-02T13:23:37.5Z", "").unwrap(), "1357133017.500000000");
        assert_eq!(to_api("1357133017", "").unwrap(), "1357133017.000000000");
        assert_eq!(to_api("", "").unwrap(), "");
    }

    #[test]
    fn other_text_is_refused_with_dockers_words() {
        let failure = to_api("foo", "invalid value for \"since\": ").unwrap_err();
        let expected = r#"invalid value for "since": failed to parse value as time or duration: "foo""#;
        assert_eq!(failure.message, expected);
    }
}
