//! Durations as Go reads and writes them, and as people do.
//! A duration of Go's is a signed number of nanoseconds, here an `i64`.

use std::time::Duration;

use crate::quote::quote;

/// Why a text is not a duration; the texts are Go's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not of the form, or too long for 64 bits of nanoseconds.
    #[error("time: invalid duration {}", quote(text))]
    Invalid {
        /// The whole text.
        text: String,
    },
    /// A number without a unit.
    #[error("time: missing unit in duration {}", quote(text))]
    MissingUnit {
        /// The whole text.
        text: String,
    },
    /// A unit that Go does not have, such as `d`.
    #[error("time: unknown unit {} in duration {}", quote(unit), quote(text))]
    UnknownUnit {
        /// The unit.
        unit: String,
        /// The whole text.
        text: String,
    },
}

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;
const SECOND: u64 = 1_000 * MILLISECOND;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
/// Magnitude of the longest negative duration.
const LIMIT: u64 = 1 << 63;

/// Reads `1h30m`, `-1.5s`, `300ms` and the like, as Go's `time.ParseDuration`; the answer is in nanoseconds.
///
/// # Errors
/// [`DurationError`], with Go's texts.
pub fn parse_go(text: &str) -> Result<i64, DurationError> {
    let invalid = || DurationError::Invalid { text: text.to_owned() };
    let (negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if unsigned == "0" {
        return Ok(0);
    }
    if unsigned.is_empty() {
        return Err(invalid());
    }
    let mut rest = unsigned;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (nanos, after) = parse_term(rest, text)?;
        total = total.checked_add(nanos).filter(|total| *total <= LIMIT).ok_or_else(invalid)?;
        rest = after;
    }
    match (negative, total) {
        (true, _) => Ok(0_i64.wrapping_sub_unsigned(total)),
        (false, LIMIT) => Err(invalid()),
        (false, total) => Ok(total as i64),
    }
}

/// One number with its unit at the beginning of `rest`: nanoseconds and what follows.
fn parse_term<'a>(rest: &'a str, text: &str) -> Result<(u64, &'a str), DurationError> {
    let invalid = || DurationError::Invalid { text: text.to_owned() };
    let (whole, after_whole) = split_digits(rest);
    let (fraction, after_number) = match after_whole.strip_prefix('.') {
        Some(after_point) => split_digits(after_point),
        None => ("", after_whole),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let unit_len = after_number.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after_number.len());
    let (unit, after) = after_number.split_at(unit_len);
    if unit.is_empty() {
        return Err(DurationError::MissingUnit { text: text.to_owned() });
    }
    let Some(scale) = unit_nanos(unit) else {
        return Err(DurationError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() });
    };
    let count: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
    let nanos = count.checked_mul(scale).filter(|nanos| *nanos <= LIMIT).ok_or_else(invalid)?;
    let nanos = nanos
        .checked_add(fraction_nanos(fraction, scale))
        .filter(|nanos| *nanos <= LIMIT)
        .ok_or_else(invalid)?;
    Ok((nanos, after))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn unit_nanos(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        // The two code points that people type for a micro sign: U+00B5 and U+03BC.
        "us" | "\u{b5}s" | "\u{3bc}s" => MICROSECOND,
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        _ => return None,
    })
}

/// Nanoseconds of the digits after a decimal point, rounded as Go rounds: digits beyond 63 bits are dropped.
fn fraction_nanos(digits: &str, unit: u64) -> u64 {
    let mut value: u64 = 0;
    let mut scale = 1.0;
    for digit in digits.bytes() {
        if value > (LIMIT - 1) / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > LIMIT {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

/// Writes nanoseconds as Go's `Duration.String`: `1h30m0s`, `1.5ms`, `0s`.
pub fn format_go(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let total = nanos.unsigned_abs();
    let (unit, name) = match total {
        0 => return "0s".to_owned(),
        1..MICROSECOND => return format!("{sign}{total}ns"),
        MICROSECOND..MILLISECOND => (MICROSECOND, "µs"),
        MILLISECOND..SECOND => (MILLISECOND, "ms"),
        _ => (SECOND, "s"),
    };
    let (hours, minutes) = (total / HOUR, total / MINUTE % 60);
    let below_minute = decimal(total % MINUTE, unit);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{below_minute}{name}"),
        (0, _) => format!("{sign}{minutes}m{below_minute}{name}"),
        _ => format!("{sign}{hours}h{minutes}m{below_minute}{name}"),
    }
}

/// `nanos` in `unit`s, with as many digits after the point as are needed.
fn decimal(nanos: u64, unit: u64) -> String {
    let (whole, part) = (nanos / unit, nanos % unit);
    if part == 0 {
        return whole.to_string();
    }
    let width = unit.ilog10() as usize;
    format!("{whole}.{}", format!("{part:0width$}").trim_end_matches('0'))
}

/// A rough duration for people, as Docker shows it: `About a minute`, `3 weeks`.
pub fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let minutes = seconds / 60;
    // Only hours are rounded to the nearest, and years count from hours rounded down: both as in Docker.
    let hours = (seconds + 1_800) / 3_600;
    match (seconds, minutes, hours) {
        (0, ..) => "Less than a second".to_owned(),
        (1, ..) => "1 second".to_owned(),
        (2..60, ..) => format!("{seconds} seconds"),
        (_, 1, _) => "About a minute".to_owned(),
        (_, 2..60, _) => format!("{minutes} minutes"),
        (.., 1) => "About an hour".to_owned(),
        (.., 2..48) => format!("{hours} hours"),
        (.., 48..336) => format!("{} days", hours / 24),
        (.., 336..1_440) => format!("{} weeks", hours / 24 / 7),
        (.., 1_440..17_520) => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", seconds / 3_600 / 24 / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    const MS: i64 = 1_000_000;
    const S: i64 = 1_000 * MS;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, nanos) in [
            ("0", 0),
            ("-0", 0),
            ("+0", 0),
            ("0s", 0),
            ("5s", 5 * S),
            ("1478s", 1_478 * S),
            ("-5s", -5 * S),
            ("+5s", 5 * S),
            ("5.0s", 5 * S),
            ("5.6s", 5_600 * MS),
            ("5.s", 5 * S),
            (".5s", 500 * MS),
            ("-.5s", -500 * MS),
            ("1.004s", 1_004 * MS),
            ("100.00100s", 100_001 * MS),
            ("10ns", 10),
            ("11us", 11_000),
            ("12µs", 12_000),
            ("12μs", 12_000),
            ("13ms", 13 * MS),
            ("15m", 900 * S),
            ("16h", 57_600 * S),
            ("3h30m", 12_600 * S),
            ("10.5s4m", 250_500 * MS),
            ("-2m3.4s", -123_400 * MS),
            ("1h2m3s4ms5us6ns", 3_723 * S + 4 * MS + 5_006),
            ("0.3333333333333333333h", 1_200 * S),
            ("0.100000000000000000000h", 360 * S),
            ("0.9223372036854775807h", 3_320_413_933_267),
            ("9223372036854775807ns", i64::MAX),
            ("9223372036s854ms775us807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
            ("-9223372036s854ms775us808ns", i64::MIN),
        ] {
            assert_eq!(parse_go(text), Ok(nanos), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_told_in_the_words_of_go() {
        for (text, expected) in [
            ("", r#"time: invalid duration """#),
            ("-", r#"time: invalid duration "-""#),
            (".", r#"time: invalid duration ".""#),
            ("s", r#"time: invalid duration "s""#),
            (".s", r#"time: invalid duration ".s""#),
            ("+.s", r#"time: invalid duration "+.s""#),
            ("3", r#"time: missing unit in duration "3""#),
            ("1h2", r#"time: missing unit in duration "1h2""#),
            ("1d", r#"time: unknown unit "d" in duration "1d""#),
            ("1 s", r#"time: unknown unit " s" in duration "1 s""#),
            ("1\"", r#"time: unknown unit "\"" in duration "1\"""#),
            ("1é", r#"time: unknown unit "\xc3\xa9" in duration "1\xc3\xa9""#),
            ("9223372036854775808ns", r#"time: invalid duration "9223372036854775808ns""#),
            ("3000000h", r#"time: invalid duration "3000000h""#),
            ("-9223372036854775809ns", r#"time: invalid duration "-9223372036854775809ns""#),
            ("99999999999999999999s", r#"time: invalid duration "99999999999999999999s""#),
        ] {
            assert_eq!(parse_go(text).unwrap_err().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200 * 1_000, "2.2ms"),
            (3_300 * MS, "3.3s"),
            (245 * S, "4m5s"),
            (245_001 * MS, "4m5.001s"),
            (18_367_001 * MS, "5h6m7.001s"),
            (480 * S + 1, "8m0.000000001s"),
            (90 * 60 * S, "1h30m0s"),
            (-1_500 * MS, "-1.5s"),
            (i64::MAX, "2562047h47m16.854775807s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(format_go(nanos), text);
        }
    }

    #[test]
    fn people_are_told_about_durations_as_docker_tells_them() {
        let (minute, hour, day) = (60, 3_600, 86_400);
        for (seconds, text) in [
            (0, "Less than a second"),
            (1, "1 second"),
            (59, "59 seconds"),
            (minute, "About a minute"),
            (119, "About a minute"),
            (2 * minute, "2 minutes"),
            (35 * minute + 40, "35 minutes"),
            (59 * minute + 59, "59 minutes"),
            (hour, "About an hour"),
            (hour + 29 * minute, "About an hour"),
            (hour + 30 * minute, "2 hours"),
            (3 * hour + 29 * minute, "3 hours"),
            (36 * hour, "36 hours"),
            (47 * hour + 29 * minute, "47 hours"),
            (47 * hour + 30 * minute, "2 days"),
            (13 * day + 5 * hour, "13 days"),
            (14 * day, "2 weeks"),
            (31 * day, "4 weeks"),
            (44 * day, "6 weeks"),
            (60 * day, "2 months"),
            (729 * day, "24 months"),
            (730 * day, "2 years"),
            (1_155 * day, "3 years"),
        ] {
            assert_eq!(human(Duration::from_secs(seconds)), text, "{seconds}");
        }
        assert_eq!(human(Duration::from_millis(999)), "Less than a second");
    }

    proptest! {
        #[test]
        fn a_written_duration_reads_back(nanos: i64) {
            prop_assert_eq!(parse_go(&format_go(nanos)), Ok(nanos));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[-+]?([0-9]{0,22}[.]?[0-9]{0,22}(ns|µs|ms|s|m|h|d)?){0,3}") {
            let _ = parse_go(&text);
        }
    }
}
