//! Writes timestamps in RFC 3339. On the hot path of container logs: no allocation, no general formatter.

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
        let seconds = self.unix_seconds();
        let (year, month, day) = date_of_day(seconds.div_euclid(SECONDS_PER_DAY));
        let of_day = seconds.rem_euclid(SECONDS_PER_DAY) as u32;
        put(&mut text[0..4], year as u32);
        put(&mut text[5..7], month);
        put(&mut text[8..10], day);
        put(&mut text[11..13], of_day / 3_600);
        put(&mut text[14..16], of_day / 60 % 60);
        put(&mut text[17..19], of_day % 60);
        put(&mut text[20..29], self.subsec_nanos());
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

/// Writes `value` in decimal over all of `field`, with leading zeros.
fn put(field: &mut [u8], mut value: u32) {
    for byte in field.iter_mut().rev() {
        *byte = b'0' + (value % 10) as u8;
        value /= 10;
    }
}
