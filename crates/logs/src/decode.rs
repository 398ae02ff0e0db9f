//! Reading an entry back, as fast as its fixed form allows.
//!
//! Only the form that `encode` writes is read, not JSON at large: anything else is no entry.

use std::ops::Range;

use corten_spec::time::{Timestamp, parse_rfc3339};

use crate::{Stream, scan};

/// Reads the times of consecutive entries, most of which differ only in the fraction of a second.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// `2026-01-02T03:04:05`, and the seconds since 1970 that it stands for.
    last: Option<([u8; SECONDS_LENGTH], i64)>,
}

const SECONDS_LENGTH: usize = 19;

/// What a line holds beside its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) stream: Stream,
    pub(crate) at: Timestamp,
    /// Where in the line a JSON object stands, which is not looked into; empty if there is none.
    pub(crate) attributes: Range<usize>,
}

/// Takes a line (without its newline) apart; the logged bytes replace those of `text`. `None` if it is not an entry.
pub(crate) fn entry(line: &[u8], clock: &mut Clock, text: &mut Vec<u8>) -> Option<Facts> {
    let rest = line.strip_prefix(br#"{"log":""#)?;
    let rest = unescape(rest, text)?.strip_prefix(br#","stream":"std"#)?;
    let (stream, rest) = if let Some(rest) = rest.strip_prefix(b"out") {
        (Stream::Stdout, rest)
    } else {
        (Stream::Stderr, rest.strip_prefix(b"err")?)
    };
    let (object, rest) = attributes(rest.strip_prefix(b"\"")?)?;
    let end = line.len() - rest.len();
    let time = rest.strip_prefix(TIME)?.strip_suffix(br#""}"#)?;
    Some(Facts { stream, at: clock.read(time)?, attributes: end - object.len()..end })
}

const TIME: &[u8] = br#","time":""#;

/// The object that may stand before the time, and the rest. A time has no quotes: what looks like one inside the object is not the last.
fn attributes(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(from) = rest.strip_prefix(br#","attrs":"#) else { return Some((b"", rest)) };
    let end = from.windows(TIME.len()).rposition(|window| window == TIME)?;
    Some(from.split_at(end))
}

impl Clock {
    fn read(&mut self, time: &[u8]) -> Option<Timestamp> {
        if let Some((seconds, fraction)) = time.split_first_chunk::<SECONDS_LENGTH>()
            && let Some((last, unix)) = &self.last
            && last == seconds
            && let Some(nanos) = nanoseconds(fraction)
        {
            return Timestamp::from_unix(*unix, nanos);
        }
        let at = parse_rfc3339(str::from_utf8(time).ok()?).ok()?;
        // Only of times in UTC can the seconds be told from the digits alone.
        if let Some(seconds) = time.first_chunk()
            && time.ends_with(b"Z")
        {
            self.last = Some((*seconds, at.unix_seconds()));
        }
        Some(at)
    }
}

/// Reads `.123Z` or `Z`.
fn nanoseconds(fraction: &[u8]) -> Option<u32> {
    let digits = match fraction.strip_suffix(b"Z")? {
        b"" => return Some(0),
        digits => digits.strip_prefix(b".")?,
    };
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    Some(value * 10_u32.pow(9 - digits.len() as u32))
}

/// Undoes the escaping up to the closing quote; what follows that.
fn unescape<'a>(mut rest: &'a [u8], text: &mut Vec<u8>) -> Option<&'a [u8]> {
    text.clear();
    loop {
        let plain = scan::plain_prefix(rest, |word| scan::equal(word, b'"') | scan::equal(word, b'\\'));
        text.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        match rest {
            [b'"', after @ ..] => return Some(after),
            [b'\\', b'n', after @ ..] => {
                text.push(b'\n');
                rest = after;
            }
            [b'\\', b'u', after @ ..] => rest = unescape_number(after, text)?,
            [b'\\', escaped, after @ ..] => {
                text.push(match escaped {
                    b'"' | b'\\' | b'/' => *escaped,
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'f' => 0x0c,
                    _ => return None,
                });
                rest = after;
            }
            _ => return None,
        }
    }
}

/// Reads the four digits of `\uXXXX`; what follows them. Half of a surrogate pair is no character, but may stand for a byte.
fn unescape_number<'a>(rest: &'a [u8], text: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (digits, rest) = rest.split_first_chunk::<4>()?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let number = u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    match number {
        0xdc80..=0xdcff => text.push(number as u8),
        _ => {
            let character = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
            text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{self, Ending, OtherBytes};

    #[test]
    fn what_was_encoded_comes_back() {
        let every_ascii: String = (0..128_u8).map(char::from).collect();
        let mut clock = Clock::default();
        let mut text = Vec::new();
        let none: &[u8] = b"";
        for (nanos, line, more) in [
            (0, "", none),
            (1_700_000_000_000_000_000, "plain", br#"{"a":"b"}"#),
            (1_700_000_000_000_000_001, every_ascii.as_str(), br#"{"a":"\",\"time\":\"x\"}"}"#),
            (1_700_000_000_900_000_000, "grün \u{2028} 🦀", none),
            (1_700_000_001_900_000_000, "the next second", none),
        ] {
            let at = Timestamp::from_nanos(nanos);
            let mut out = Vec::new();
            encode::entry(
                line.as_bytes(),
                OtherBytes::Replaced,
                Ending::Newline,
                &encode::trailer(Stream::Stderr, at, more),
                &mut out,
            );
            assert_eq!(out.pop(), Some(b'\n'));
            let facts = entry(&out, &mut clock, &mut text).unwrap();
            assert_eq!(
                (facts.stream, facts.at, &out[facts.attributes]),
                (Stream::Stderr, at, more),
                "{line}"
            );
            assert_eq!(text, format!("{line}\n").as_bytes());
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_come_back_where_they_were_kept() {
        let line: Vec<u8> = (0..=255).chain([0xe2, 0x82, b'x', 0xed, 0xb2, 0x80]).collect();
        let trailer = encode::trailer(Stream::Stdout, Timestamp::from_nanos(0), b"");
        let (mut out, mut text) = (Vec::new(), Vec::new());
        encode::entry(&line, OtherBytes::Kept, Ending::Open, &trailer, &mut out);
        assert!(str::from_utf8(&out).is_ok());
        assert!(entry(&out[..out.len() - 1], &mut Clock::default(), &mut text).is_some());
        assert_eq!(text, line);
    }

    #[test]
    fn an_entry_that_is_cut_short_anywhere_is_none() {
        let whole =
            br#"{"log":"a\u003cb\n","stream":"stdout","attrs":{"a":"b"},"time":"2023-11-14T22:13:20.12Z"}"#;
        let mut text = Vec::new();
        assert!(entry(whole, &mut Clock::default(), &mut text).is_some());
        for length in 0..whole.len() {
            assert_eq!(entry(&whole[..length], &mut Clock::default(), &mut text), None, "{length}");
        }
    }
}
