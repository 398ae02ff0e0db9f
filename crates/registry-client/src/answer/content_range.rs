//! `Content-Range`: which part of a blob a registry sends. `Range`: how much of an upload it has.
//! Whether that is the part that was asked for is [`Part::continues`]'s.
//!
//! Source: RFC 9110, section 14.4; OCI distribution-spec, "Pushing a blob in chunks".

/// Bytes `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The first byte.
    pub first: u64,
    /// The last byte.
    pub last: u64,
    /// The size of the whole, where it is known.
    pub whole: Option<u64>,
}

impl Part {
    /// Whether it begins at `offset` of something of `size` bytes, and ends within it.
    pub fn continues(&self, offset: u64, size: u64) -> bool {
        self.first == offset && self.last < size && self.whole.is_none_or(|whole| whole == size)
    }
}

/// Reads `bytes 5-9/10`.
pub fn parse(text: &str) -> Option<Part> {
    let rest = text.trim().strip_prefix("bytes ")?;
    let (part, whole) = rest.trim().split_once('/')?;
    let (first, last) = bounds(part)?;
    let whole = if whole == "*" { None } else { Some(number(whole)?) };
    let is_within = first <= last && whole.is_none_or(|whole| last < whole);
    is_within.then_some(Part { first, last, whole })
}

/// Reads an upload's `0-9`, or `bytes=0-9` as some write it: how many bytes the registry has.
///
/// An upload that has nothing yet is `0-0`, as one with a single byte is: it counts as none.
pub fn parse_received(text: &str) -> Option<u64> {
    let text = text.trim();
    let (first, last) = bounds(text.strip_prefix("bytes=").unwrap_or(text))?;
    match (first, last) {
        (0, 0) => Some(0),
        (0, last) => last.checked_add(1),
        _ => None,
    }
}

fn bounds(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once('-')?;
    Some((number(first)?, number(last)?))
}

/// Digits alone: Rust would take a sign too.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read() {
        assert_eq!(parse("bytes 5-9/10"), Some(Part { first: 5, last: 9, whole: Some(10) }));
        assert_eq!(parse("bytes 0-0/*"), Some(Part { first: 0, last: 0, whole: None }));
        for text in [
            "",
            "bytes",
            "bytes */10",
            "bytes 9-5/10",
            "bytes 0-10/10",
            "bytes +1-2/3",
            "bytes 0-99999999999999999999/*",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_part_continues_only_where_the_last_ended() {
        let part = Part { first: 5, last: 9, whole: Some(10) };
        assert!(part.continues(5, 10));
        assert!(!part.continues(4, 10) && !part.continues(5, 11) && !part.continues(5, 9));
        assert!(Part { last: 7, whole: None, ..part }.continues(5, 10), "it may be less than all");
    }

    #[test]
    fn what_an_upload_has_is_one_more_than_its_last_byte() {
        assert_eq!(parse_received("0-9"), Some(10));
        assert_eq!(parse_received("bytes=0-9"), Some(10));
        assert_eq!(parse_received("0-0"), Some(0));
        for text in ["", "5-9", "0", "0-", "a-b", "0-18446744073709551615"] {
            assert_eq!(parse_received(text), None, "{text}");
        }
    }
}
