//! Finding bytes quickly without a dependency or `unsafe`: eight at a time, in the bits of a word.
//!
//! The arithmetic is spelled out because the monitor is built for size, where no loop is turned into vector instructions. A
//! test marks the highest bit of each byte that it finds; bytes above one that it found may be marked by mistake, so that only
//! the lowest mark counts.

use std::io::BufRead;

const WORD: usize = 8;
const LOWEST_BITS: u64 = 0x0101_0101_0101_0101;
const HIGHEST_BITS: u64 = 0x8080_8080_8080_8080;

/// Marks bytes that are `byte`.
#[inline]
pub(crate) fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ (LOWEST_BITS * u64::from(byte)), 1)
}

/// Marks bytes that are less than `bound`, which is at most 128.
#[inline]
pub(crate) fn below(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(LOWEST_BITS * u64::from(bound)) & !word & HIGHEST_BITS
}

/// Marks bytes that are not ASCII.
#[inline]
pub(crate) fn beyond_ascii(word: u64) -> u64 {
    word & HIGHEST_BITS
}

/// Sets these bits in every byte, so that one [`equal`] finds two that differ in nothing else.
#[inline]
pub(crate) fn with_bits(word: u64, bits: u8) -> u64 {
    word | (LOWEST_BITS * u64::from(bits))
}

/// How many bytes come before the first that `specials` marks. A letter must never be marked.
#[inline]
pub(crate) fn plain_prefix(bytes: &[u8], specials: impl Fn(u64) -> u64) -> usize {
    let (words, rest) = bytes.as_chunks::<WORD>();
    for (index, word) in words.iter().enumerate() {
        let marks = specials(u64::from_le_bytes(*word));
        if marks != 0 {
            return index * WORD + (marks.trailing_zeros() / 8) as usize;
        }
    }
    let mut last = [b'a'; WORD];
    last[..rest.len()].copy_from_slice(rest);
    let marks = specials(u64::from_le_bytes(last));
    bytes.len() - rest.len() + rest.len().min((marks.trailing_zeros() / 8) as usize)
}

/// Where the first newline is.
#[inline]
pub(crate) fn newline(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    // The standard library offers memchr(3) for bytes in this guise only; reading a slice cannot fail.
    let skipped = rest.skip_until(b'\n').ok()?;
    (skipped > 0 && bytes[skipped - 1] == b'\n').then(|| skipped - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_at_the_first_byte_that_is_marked_wherever_it_stands() {
        for length in 0..40 {
            for odd in 0..=length {
                let mut bytes = vec![b'a'; length];
                bytes.extend_from_slice(b"bb");
                bytes[odd] = b'b';
                assert_eq!(plain_prefix(&bytes, |word| equal(word, b'b')), odd);
                assert_eq!(
                    plain_prefix(&bytes[..length.min(odd)], |word| equal(word, b'b')),
                    length.min(odd)
                );
            }
        }
    }

    #[test]
    fn every_byte_is_told_from_every_other_after_and_before_any_third() {
        for byte in 0..=255_u8 {
            for other in [0, 1, b'a', 0x7f, 0x80, 0xff] {
                let word = u64::from_le_bytes([other, byte, other, other, other, other, other, other]);
                let first = |marks: u64| marks.trailing_zeros() / 8;
                let expect = |found: &dyn Fn(u8) -> bool| {
                    if found(other) {
                        0
                    } else if found(byte) {
                        1
                    } else {
                        8
                    }
                };
                assert_eq!(first(equal(word, b'a')), expect(&|byte| byte == b'a'), "{byte} among {other}");
                assert_eq!(first(below(word, 0x20)), expect(&|byte| byte < 0x20), "{byte} among {other}");
                assert_eq!(first(beyond_ascii(word)), expect(&|byte| byte >= 0x80), "{byte} among {other}");
            }
        }
    }

    #[test]
    fn a_newline_is_found_first_and_last_and_not_where_there_is_none() {
        assert_eq!(newline(b"\n"), Some(0));
        assert_eq!(newline(b"ab\ncd\n"), Some(2));
        assert_eq!(newline(b"ab"), None);
        assert_eq!(newline(b""), None);
    }
}
