//! Finding bytes quickly without a dependency or `unsafe`.
//!
//! Only what this crate's hot paths need.

use std::io::BufRead;

/// Bytes that are looked at together: two SSE2 or NEON registers.
const BLOCK: usize = 32;

/// How many bytes at the start are plain.
#[inline]
pub(crate) fn plain_prefix(bytes: &[u8], is_plain: impl Fn(u8) -> bool) -> usize {
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    // Without an early exit inside a block the compiler turns the check of one into a few vector instructions.
    let whole = blocks.iter().take_while(|block| block.iter().fold(true, |all, &byte| all & is_plain(byte)));
    let mut length = whole.count() * BLOCK;
    while bytes.get(length).is_some_and(|&byte| is_plain(byte)) {
        length += 1;
    }
    length
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
    fn a_prefix_ends_at_the_first_byte_that_is_not_plain_wherever_it_stands() {
        for length in 0..100 {
            for odd in 0..=length {
                let mut bytes = vec![b'a'; length];
                bytes.extend_from_slice(b"bb");
                bytes[odd] = b'b';
                assert_eq!(plain_prefix(&bytes, |byte| byte == b'a'), odd);
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
