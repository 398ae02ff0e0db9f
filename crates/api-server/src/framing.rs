//! Docker's frames for streams of two kinds: one byte for the kind, three zero bytes, a big-endian length, the bytes.

/// Standard output.
pub(crate) const STDOUT: u8 = 1;

/// Standard error.
pub(crate) const STDERR: u8 = 2;

/// How many bytes stand before those of a frame.
pub(crate) const HEADER: usize = 8;

/// The kind of a frame, and how many bytes follow its header.
pub(crate) fn header([kind, _, _, _, length @ ..]: [u8; HEADER]) -> (u8, u32) {
    (kind, u32::from_be_bytes(length))
}

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

/// Takes frames off a stream of them, however it is cut into pieces.
#[derive(Debug, Default)]
pub(crate) struct Unframed {
    header: Vec<u8>,
    /// How many bytes of the frame are still to come.
    left: usize,
}

impl Unframed {
    /// The bytes of the frames in the next piece of the stream, of both kinds in their order.
    pub(crate) fn push(&mut self, mut piece: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(piece.len());
        while !piece.is_empty() {
            if self.left == 0 {
                let (header, rest) = piece.split_at(piece.len().min(HEADER - self.header.len()));
                self.header.extend_from_slice(header);
                piece = rest;
                self.left = self.take_header();
            }
            let (of_frame, rest) = piece.split_at(piece.len().min(self.left));
            bytes.extend_from_slice(of_frame);
            self.left -= of_frame.len();
            piece = rest;
        }
        bytes
    }

    /// The length that a complete header tells; it is used up then.
    fn take_header(&mut self) -> usize {
        let Some((_, length)) = self.header.first_chunk().copied().map(header) else { return 0 };
        self.header.clear();
        // A frame is no longer than the memory of whoever wrote it.
        usize::try_from(length).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::{HEADER, STDERR, STDOUT, Unframed, append, header};

    #[test]
    fn frames_come_off_however_the_stream_is_cut() {
        let mut stream = Vec::new();
        for (kind, bytes) in [(STDOUT, "one "), (STDERR, ""), (STDERR, "two "), (STDOUT, "three")] {
            append(&mut stream, kind, &[bytes.as_bytes()]);
        }
        for size in 1..=stream.len() {
            let mut unframed = Unframed::default();
            let bytes: Vec<u8> = stream.chunks(size).flat_map(|piece| unframed.push(piece)).collect();
            assert_eq!(String::from_utf8(bytes).unwrap(), "one two three", "in pieces of {size}");
        }
    }

    #[test]
    fn a_frame_is_its_kind_its_length_and_its_bytes() {
        let mut frame = Vec::new();
        append(&mut frame, STDERR, &[b"ab", b"c"]);
        assert_eq!(frame, [2, 0, 0, 0, 0, 0, 0, 3, b'a', b'b', b'c']);
        assert_eq!(header(*frame.first_chunk::<HEADER>().unwrap()), (STDERR, 3));
    }
}
