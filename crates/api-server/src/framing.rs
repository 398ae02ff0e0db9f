//! Docker's frames for streams of two kinds: one byte for the kind, three zero bytes, a big-endian length, the bytes.

/// Standard output.
pub(crate) const STDOUT: u8 = 1;

/// Standard error.
pub(crate) const STDERR: u8 = 2;

/// Appends a frame made of several parts.
pub(crate) fn append(to: &mut Vec<u8>, kind: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    // A log entry is at most some kilobytes; a longer one would be cut into several entries when it was written.
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    to.extend_from_slice(&[kind, 0, 0, 0]);
    to.extend_from_slice(&length.to_be_bytes());
    for part in parts {
        to.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::{STDERR, append};

    #[test]
    fn a_frame_is_its_kind_its_length_and_its_bytes() {
        let mut frame = Vec::new();
        append(&mut frame, STDERR, &[b"ab", b"c"]);
        assert_eq!(frame, [2, 0, 0, 0, 0, 0, 0, 3, b'a', b'b', b'c']);
    }
}
