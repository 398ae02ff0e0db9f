//! Writing one entry as JSON, byte for byte as Docker's json-file driver does.
//!
//! That is Go's escaping for HTML: `<`, `>` and `&` become `\u003c` …, control characters other than newline and carriage
//! return become `\u00xx`, U+2028 and U+2029 are escaped, and each byte that is not UTF-8 becomes `\ufffd`, or, where it is to
//! come back, `\udcxx`: a half of a surrogate pair that no text has (Python's PEP 383).

use std::collections::BTreeMap;

use corten_spec::time::Timestamp;

use crate::{Stream, scan};

/// Whether what was logged was a whole line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// A newline follows it.
    Newline,
    /// More of the line follows, or the stream ended without a newline.
    Open,
}

/// What becomes of a byte that is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OtherBytes {
    /// U+FFFD.
    Replaced,
    /// Something that `decode` makes it of again.
    Kept,
}

/// Appends an entry, from its brace to the newline behind it. `trailer` is what [`trailer`] made.
pub(crate) fn entry(line: &[u8], other: OtherBytes, ending: Ending, trailer: &[u8], out: &mut Vec<u8>) {
    out.reserve(line.len() + trailer.len() + 16);
    out.extend_from_slice(br#"{"log":""#);
    escape(line, other, out);
    if ending == Ending::Newline {
        out.extend_from_slice(br"\n");
    }
    out.extend_from_slice(trailer);
}

/// What follows the text of an entry: it is the same for all lines of a chunk, and put together once for them.
pub(crate) fn trailer(stream: Stream, at: Timestamp, attributes: &[u8]) -> Vec<u8> {
    let mut trailer = Vec::with_capacity(72 + attributes.len());
    trailer.extend_from_slice(br#"","stream":""#);
    trailer.extend_from_slice(stream.name().as_bytes());
    trailer.push(b'"');
    if !attributes.is_empty() {
        trailer.extend_from_slice(br#","attrs":"#);
        trailer.extend_from_slice(attributes);
    }
    trailer.extend_from_slice(br#","time":""#);
    trailer.extend_from_slice(at.rfc3339_nano().as_bytes());
    trailer.extend_from_slice(b"\"}\n");
    trailer
}

/// An object of texts, in the order of their names; nothing if there are none.
pub(crate) fn attributes(attributes: &BTreeMap<String, String>) -> Vec<u8> {
    let mut object = Vec::new();
    for (name, value) in attributes {
        object.extend_from_slice(if object.is_empty() { b"{\"" } else { b",\"" });
        escape(name.as_bytes(), OtherBytes::Replaced, &mut object);
        object.extend_from_slice(br#"":""#);
        escape(value.as_bytes(), OtherBytes::Replaced, &mut object);
        object.push(b'"');
    }
    if !object.is_empty() {
        object.push(b'}');
    }
    object
}

fn escape(mut text: &[u8], other: OtherBytes, out: &mut Vec<u8>) {
    loop {
        let plain = scan::plain_prefix(text, specials);
        out.extend_from_slice(&text[..plain]);
        text = &text[plain..];
        match text.first() {
            None => return,
            Some(&byte) if byte < 0x80 => {
                escape_ascii(byte, out);
                text = &text[1..];
            }
            Some(_) => text = &text[escape_beyond_ascii(text, other, out)..],
        }
    }
}

/// Marks what does not stand for itself.
#[inline]
fn specials(word: u64) -> u64 {
    const QUOTE_TO_AMPERSAND: u8 = b'"' ^ b'&';
    const LESS_TO_GREATER: u8 = b'<' ^ b'>';
    scan::below(word, 0x20)
        | scan::beyond_ascii(word)
        | scan::equal(word, b'\\')
        | scan::equal(scan::with_bits(word, QUOTE_TO_AMPERSAND), b'&')
        | scan::equal(scan::with_bits(word, LESS_TO_GREATER), b'>')
}

fn escape_ascii(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' => out.extend_from_slice(br#"\""#),
        b'\\' => out.extend_from_slice(br"\\"),
        b'\n' => out.extend_from_slice(br"\n"),
        b'\r' => out.extend_from_slice(br"\r"),
        _ => {
            out.extend_from_slice(br"\u00");
            push_hex(byte, out);
        }
    }
}

fn push_hex(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xf)]]);
}

/// Writes the character or the byte that `text` begins with; how many bytes of it that was.
fn escape_beyond_ascii(text: &[u8], other: OtherBytes, out: &mut Vec<u8>) -> usize {
    let width = match text[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    match text.get(..width).map(str::from_utf8) {
        Some(Ok("\u{2028}")) => out.extend_from_slice(br"\u2028"),
        Some(Ok("\u{2029}")) => out.extend_from_slice(br"\u2029"),
        Some(Ok(character)) => out.extend_from_slice(character.as_bytes()),
        Some(Err(_)) | None => {
            match other {
                OtherBytes::Replaced => out.extend_from_slice(br"\ufffd"),
                OtherBytes::Kept => {
                    out.extend_from_slice(br"\udc");
                    push_hex(text[0], out);
                }
            }
            return 1;
        }
    }
    width
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(line: &[u8], expected: &Expect) {
        let mut out = Vec::new();
        escape(line, OtherBytes::Replaced, &mut out);
        expected.assert_eq(std::str::from_utf8(&out).expect("what is written is UTF-8"));
    }

    #[test]
    fn an_entry_is_one_line_of_json_with_the_time_as_go_writes_it() {
        let mut out = Vec::new();
        let at = Timestamp::from_nanos(1_700_000_000_120_000_000);
        let more = attributes(&[("a", "<1>"), ("b", "\"")].map(|(a, b)| (a.to_owned(), b.to_owned())).into());
        entry(b"hello", OtherBytes::Replaced, Ending::Newline, &trailer(Stream::Stdout, at, b""), &mut out);
        let trailer = trailer(Stream::Stderr, Timestamp::from_nanos(0), &more);
        entry(b"no end", OtherBytes::Kept, Ending::Open, &trailer, &mut out);
        expect![[r#"
            {"log":"hello\n","stream":"stdout","time":"2023-11-14T22:13:20.12Z"}
            {"log":"no end","stream":"stderr","attrs":{"a":"\u003c1\u003e","b":"\""},"time":"1970-01-01T00:00:00Z"}
        "#]]
        .assert_eq(std::str::from_utf8(&out).unwrap());
    }

    #[test]
    fn control_characters_quotes_and_html_are_escaped_and_delete_is_not() {
        check(b"\x7f", &expect!["\u{7f}"]);
        check(
            b"\x00\t\x1b[1m\r \"q\" \\ <a href='x'>&amp;",
            &expect![[r#"\u0000\u0009\u001b[1m\r \"q\" \\ \u003ca href='x'\u003e\u0026amp;"#]],
        );
    }

    #[test]
    fn exactly_these_ascii_characters_are_escaped() {
        let escaped: Vec<u8> = (0..=127)
            .filter(|&byte| {
                let mut out = Vec::new();
                escape(&[b'a', byte, b'a'], OtherBytes::Replaced, &mut out);
                out != [b'a', byte, b'a']
            })
            .collect();
        let expected: Vec<u8> = (0..0x20).chain(*b"\"&<>\\").collect();
        assert_eq!(escaped, expected);
    }

    #[test]
    fn characters_beyond_ascii_stay_and_line_separators_are_escaped() {
        check(
            "grün 日本 🦀 \u{2028}\u{2029}\u{2030}".as_bytes(),
            &expect![[r#"grün 日本 🦀 \u2028\u2029‰"#]],
        );
    }

    #[test]
    fn each_byte_that_is_not_utf8_becomes_one_replacement_character() {
        check(b"a\xffb", &expect![[r#"a\ufffdb"#]]);
        // Cut short, a surrogate, overlong, beyond the last character.
        check(b"\xe2\x82", &expect![[r#"\ufffd\ufffd"#]]);
        check(b"\xe2\x82x", &expect![[r#"\ufffd\ufffdx"#]]);
        check(b"\xed\xa0\x80", &expect![[r#"\ufffd\ufffd\ufffd"#]]);
        check(b"\xc0\xaf", &expect![[r#"\ufffd\ufffd"#]]);
        check(b"\xf4\x90\x80\x80", &expect![[r#"\ufffd\ufffd\ufffd\ufffd"#]]);
    }
}
