//! Reads RFC 3339 times and Unix times.
//! No other form, and no leap seconds.

use super::Timestamp;
use super::civil::{day_of_date, is_date};

/// Why a text is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not of the form, or a date that the calendar does not have.
    #[error("invalid time `{text}`: not an RFC 3339 time")]
    Rfc3339 {
        /// The text.
        text: String,
    },
    /// Not `seconds` or `seconds.nanoseconds`.
    #[error("invalid time `{text}`: not a number of seconds since 1970")]
    Unix {
        /// The text.
        text: String,
    },
    /// Before 1677-09-21 or after 2262-04-11.
    #[error("time `{text}` is out of range")]
    Range {
        /// The text.
        text: String,
    },
}

/// Reads `2026-01-02T03:04:05[.fraction](Z|±hh:mm)`. Digits after the ninth of a fraction are dropped.
///
/// Go's zero time, `0001-01-01T00:00:00Z`, is [`Timestamp::ZERO`].
///
/// # Errors
/// [`TimeError::Rfc3339`], [`TimeError::Range`].
pub fn parse_rfc3339(text: &str) -> Result<Timestamp, TimeError> {
    let form = || TimeError::Rfc3339 { text: text.to_owned() };
    let mut scanner = Scanner::new(text);
    let time = scanner.date_time(Precision::Seconds).ok_or_else(form)?;
    let offset = scanner.offset().ok_or_else(form)?;
    if !scanner.is_done() {
        return Err(form());
    }
    time.at_offset(offset).ok_or_else(|| TimeError::Range { text: text.to_owned() })
}

/// Reads `seconds` or `seconds.fraction` since the epoch, the form in which Docker's clients send times to its API. They are
/// compared with times that something happened at: one that is outside the range is the nearest inside.
///
/// # Errors
/// [`TimeError::Unix`].
pub fn parse_unix(text: &str) -> Result<Timestamp, TimeError> {
    let form = || TimeError::Unix { text: text.to_owned() };
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let seconds: i64 = whole.parse().map_err(|_| form())?;
    let nanos = match fraction {
        Some(digits) => fraction_nanos(digits).ok_or_else(form)?,
        None => 0,
    };
    Ok(Timestamp::from_unix_clamped(seconds, nanos))
}

/// Nanoseconds of the digits after a decimal point; digits after the ninth are dropped.
fn fraction_nanos(digits: &str) -> Option<u32> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some(padded.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0')))
}

/// How far a time of day must go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// `T03:04:05` with or without a fraction.
    Seconds,
    /// Anything from the date alone to a fraction of a second.
    Any,
}

/// Date and time of day as written, before an offset is applied.
pub(super) struct DateTime {
    day: i64,
    second_of_day: i64,
    nanos: u32,
    zero: bool,
}

impl DateTime {
    /// The point in time, if `offset` seconds east of Greenwich; none outside the range.
    pub(super) fn at_offset(&self, offset: i64) -> Option<Timestamp> {
        if self.zero && offset == 0 {
            return Some(Timestamp::ZERO);
        }
        Timestamp::from_unix(self.unix_seconds(offset), self.nanos)
    }

    /// The same; times outside the range become the nearest inside.
    pub(super) fn near_offset(&self, offset: i64) -> Timestamp {
        Timestamp::from_unix_clamped(self.unix_seconds(offset), self.nanos)
    }

    fn unix_seconds(&self, offset: i64) -> i64 {
        self.day * 86_400 + self.second_of_day - offset
    }
}

/// Walks over a text byte by byte.
pub(super) struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.as_bytes() }
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// A date, and a time of day as far as `precision` asks.
    pub(super) fn date_time(&mut self, precision: Precision) -> Option<DateTime> {
        let year = i64::from(self.digits(4)?);
        self.expect(b'-')?;
        let month = self.digits(2)?;
        self.expect(b'-')?;
        let day = self.digits(2)?;
        if !is_date(year, month, day) {
            return None;
        }
        let (second_of_day, nanos) = match self.take(b'T') {
            true => self.time_of_day(precision)?,
            false if precision == Precision::Any => (0, 0),
            false => return None,
        };
        let zero = (year, month, day, second_of_day, nanos) == (1, 1, 1, 0, 0);
        Some(DateTime { day: day_of_date(year, month, day), second_of_day, nanos, zero })
    }

    /// `Z` or `±hh:mm`, in seconds east of Greenwich.
    pub(super) fn offset(&mut self) -> Option<i64> {
        if self.take(b'Z') {
            return Some(0);
        }
        let sign = if self.take(b'+') {
            1
        } else {
            self.expect(b'-')?;
            -1
        };
        let hours = self.digits(2).filter(|hours| *hours <= 24)?;
        self.expect(b':')?;
        let minutes = self.digits(2).filter(|minutes| *minutes <= 60)?;
        Some(sign * i64::from(hours * 3_600 + minutes * 60))
    }

    fn time_of_day(&mut self, precision: Precision) -> Option<(i64, u32)> {
        // Go reads an hour of one digit too, so Docker does.
        let hour = self.digits(2).or_else(|| self.digits(1)).filter(|hour| *hour < 24)?;
        let has_minute = self.take(b':');
        if !has_minute {
            return (precision == Precision::Any).then_some((i64::from(hour) * 3_600, 0));
        }
        let minute = self.digits(2).filter(|minute| *minute < 60)?;
        let to_the_minute = i64::from(hour * 3_600 + minute * 60);
        let has_second = self.take(b':');
        if !has_second {
            return (precision == Precision::Any).then_some((to_the_minute, 0));
        }
        let second = self.digits(2).filter(|second| *second < 60)?;
        Some((to_the_minute + i64::from(second), self.fraction()?))
    }

    /// Nanoseconds of a fraction, 0 when there is none.
    fn fraction(&mut self) -> Option<u32> {
        if !self.take(b'.') && !self.take(b',') {
            return Some(0);
        }
        let len = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(len);
        self.rest = rest;
        fraction_nanos(std::str::from_utf8(digits).ok()?)
    }

    /// A number of exactly `count` digits; nothing is consumed when there is none.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.rest = rest;
        Some(digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    }

    fn take(&mut self, byte: u8) -> bool {
        let Some(rest) = self.rest.strip_prefix(&[byte]) else { return false };
        self.rest = rest;
        true
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    fn nanos(text: &str) -> Option<i64> {
        parse_rfc3339(text).ok().map(Timestamp::as_nanos)
    }

    #[test]
    fn times_with_fractions_and_offsets_are_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2006-01-02T15:04:05Z", 1_136_214_245_000_000_000),
            ("2006-01-02T15:04:05.1Z", 1_136_214_245_100_000_000),
            ("2006-01-02T15:04:05,1Z", 1_136_214_245_100_000_000),
            ("2006-01-02T15:04:05.9999999999Z", 1_136_214_245_999_999_999),
            ("2006-01-02T15:04:05.5+07:00", 1_136_189_045_500_000_000),
            ("2006-01-02T15:04:05-00:30", 1_136_216_045_000_000_000),
            ("1969-12-31T23:59:59.5Z", -500_000_000),
        ] {
            assert_eq!(nanos(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "2006",
            "2006-01-02",
            "2006-01-02T15:04Z",
            "2006-01-02T15:04:05",
            "2006-01-02 15:04:05Z",
            "2006-01-02T15:04:05z",
            "2006-01-02T15:04:60Z",
            "2006-01-02T24:00:00Z",
            "2006-02-30T00:00:00Z",
            "2006-01-02T15:04:05.Z",
            "2006-01-02T15:04:05+0700",
            "2006-01-02T15:04:05Zx",
            "2006-01-02T15:04:05+25:00",
            "+006-01-02T15:04:05Z",
            "é",
        ] {
            assert_eq!(parse_rfc3339(text), Err(TimeError::Rfc3339 { text: text.to_owned() }));
        }
    }

    #[test]
    fn gos_zero_time_is_never_and_other_far_times_are_out_of_range() {
        assert_eq!(parse_rfc3339("0001-01-01T00:00:00Z"), Ok(Timestamp::ZERO));
        for text in ["0001-01-01T00:00:01Z", "1600-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            assert_eq!(parse_rfc3339(text), Err(TimeError::Range { text: text.to_owned() }));
        }
    }

    #[test]
    fn unix_times_are_read_with_up_to_nine_digits() {
        for (text, expected) in [
            ("1136073600", 1_136_073_600_000_000_000),
            ("1136073600.000000001", 1_136_073_600_000_000_001),
            ("1136073600.0000000019", 1_136_073_600_000_000_001),
            ("1136073600.00000001", 1_136_073_600_000_000_010),
            ("0", 0),
        ] {
            assert_eq!(parse_unix(text).map(Timestamp::as_nanos), Ok(expected), "{text}");
        }
        for text in ["", "foo.bar", "1136073600.bar", "1.", ".5", "1e3", "1.-5"] {
            assert_eq!(parse_unix(text), Err(TimeError::Unix { text: text.to_owned() }));
        }
        assert_eq!(parse_unix("99999999999999"), Ok(Timestamp::MAX));
    }

    proptest! {
        #[test]
        fn a_written_time_reads_back(nanos in i64::MIN + 1..) {
            prop_assert_eq!(Timestamp::from_nanos(nanos).rfc3339_nano().parse(), Ok(Timestamp::from_nanos(nanos)));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[0-9TZ:.+-]{0,40}") {
            let _ = parse_rfc3339(&text);
            let _ = parse_unix(&text);
        }
    }
}
