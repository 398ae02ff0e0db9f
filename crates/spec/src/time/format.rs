//! Writes timestamps in RFC 3339. On the hot path of container logs: no allocation, no general formatter.
//! Always UTC.

use super::Timestamp;
use super::civil::date_of_day;

/// Length of [`Timestamp::rfc3339_nano_fixed`].
pub const FIXED_LEN: usize = 30;

const SECONDS_PER_DAY: i64 = 86_400;

impl Timestamp {
    /// `2026-01-02T03:04:05.000000006Z`: all nine digits, so that lines sort and columns align.
    pub fn rfc3339_nano_fixed(self) -> [u8; FIXED_LEN] {
        let mut text = *b"0001-01-01T00:00:00.000000000Z";
        if self.is_zero() {
            return text;
        }
        let (seconds, nanos) = (self.unix_seconds(), self.subsec_nanos());
        let day = seconds.div_euclid(SECONDS_PER_DAY);
        let (year, month, day_of_month) = date_of_day(day);
        let of_day = (seconds - day * SECONDS_PER_DAY) as u32;
        put_pair(&mut text, 0, year / 100);
        put_pair(&mut text, 2, year % 100);
        put_pair(&mut text, 5, month);
        put_pair(&mut text, 8, day_of_month);
        put_pair(&mut text, 11, of_day / 3_600);
        put_pair(&mut text, 14, of_day / 60 % 60);
        put_pair(&mut text, 17, of_day % 60);
        put_pair(&mut text, 20, nanos / 10_000_000);
        put_pair(&mut text, 22, nanos / 100_000 % 100);
        put_pair(&mut text, 24, nanos / 1_000 % 100);
        put_pair(&mut text, 26, nanos / 10 % 100);
        text[28] = b'0' + (nanos % 10) as u8;
        text
    }

    /// `2026-01-02T03:04:05.000000006Z` with the fraction's trailing zeros cut, as Go's `RFC3339Nano`.
    pub fn rfc3339_nano(self) -> String {
        let fixed = self.rfc3339_nano_fixed();
        let digits = &fixed[..FIXED_LEN - 1];
        let end = digits.iter().rposition(|byte| *byte != b'0').map_or(0, |last| last + 1);
        // The fraction begins at 19 with its point; times of day before it may end in zeros and stay.
        let kept = if end <= 20 { &digits[..19] } else { &digits[..end] };
        kept.iter().chain(b"Z").map(|byte| char::from(*byte)).collect()
    }
}

/// Writes two digits. Pairs do not wait for each other, as the digits of one long number would.
fn put_pair(text: &mut [u8; FIXED_LEN], at: usize, pair: u32) {
    text[at] = b'0' + (pair / 10) as u8;
    text[at + 1] = b'0' + (pair % 10) as u8;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(nanos: i64) -> String {
        String::from_utf8(Timestamp::from_nanos(nanos).rfc3339_nano_fixed().to_vec()).unwrap()
    }

    #[test]
    fn trailing_zeros_of_the_fraction_are_cut_as_go_cuts_them() {
        for (nanos, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1, "1970-01-01T00:00:00.000000001Z"),
            (100_000_000, "1970-01-01T00:00:00.1Z"),
            (1_000, "1970-01-01T00:00:00.000001Z"),
            (1_136_214_245_123_456_000, "2006-01-02T15:04:05.123456Z"),
            (1_136_214_240_000_000_000, "2006-01-02T15:04:00Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
            (i64::MIN + 1, "1677-09-21T00:12:43.145224193Z"),
        ] {
            assert_eq!(Timestamp::from_nanos(nanos).rfc3339_nano(), text);
        }
    }

    #[test]
    fn the_fixed_form_has_all_nine_digits() {
        assert_eq!(fixed(1_136_214_245_000_000_000), "2006-01-02T15:04:05.000000000Z");
        assert_eq!(fixed(1_136_214_245_987_654_321), "2006-01-02T15:04:05.987654321Z");
    }

    #[test]
    fn never_is_printed_as_go_prints_its_zero_time() {
        assert_eq!(Timestamp::ZERO.to_string(), "0001-01-01T00:00:00Z");
        assert_eq!(Timestamp::ZERO.rfc3339_nano_fixed(), *b"0001-01-01T00:00:00.000000000Z");
    }
}
