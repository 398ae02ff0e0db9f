//! Takes apart a stream in which stdout and stderr share one connection: each frame has an 8-byte header, the channel in
//! the first byte and the payload's length, big-endian, in the last four.

use crate::Error;

const HEADER: usize = 8;

/// Where a frame's payload goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Standard output (also for frames marked as stdin).
    Stdout,
    /// Standard error.
    Stderr,
}

/// State between two chunks of the stream.
#[derive(Debug, Default)]
pub struct Demultiplexer {
    header: [u8; HEADER],
    header_filled: usize,
    /// Bytes of the current payload that are still to come.
    remaining: usize,
    /// The engine's own failure as far as it has arrived.
    failure: Vec<u8>,
}

impl Demultiplexer {
    /// The payloads in `chunk`, in order; a payload that is cut goes on in the next chunk.
    pub fn push<'a>(&'a mut self, chunk: &'a [u8]) -> Frames<'a> {
        Frames { state: self, chunk }
    }

    /// Whether the stream may end here: not inside a header or payload.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.header_filled == 0 && self.remaining == 0
    }

    /// Takes bytes for the header; `None` while it is not whole.
    fn take_header(&mut self, chunk: &mut &[u8]) -> Option<()> {
        let wanted = HEADER - self.header_filled;
        let (taken, rest) = chunk.split_at(wanted.min(chunk.len()));
        self.header[self.header_filled..self.header_filled + taken.len()].copy_from_slice(taken);
        self.header_filled += taken.len();
        *chunk = rest;
        if self.header_filled < HEADER {
            return None;
        }
        let [.., a, b, c, d] = self.header;
        self.remaining = u32::from_be_bytes([a, b, c, d]) as usize;
        Some(())
    }
}

/// Iterator over the payloads of one chunk.
pub struct Frames<'a> {
    state: &'a mut Demultiplexer,
    chunk: &'a [u8],
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<(Channel, &'a [u8]), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.state.header_filled < HEADER {
                self.state.take_header(&mut self.chunk)?;
            }
            let kind = self.state.header[0];
            let (payload, rest) = self.chunk.split_at(self.state.remaining.min(self.chunk.len()));
            self.chunk = rest;
            self.state.remaining -= payload.len();
            let ended = self.state.remaining == 0;
            if ended {
                self.state.header_filled = 0;
            }
            let channel = match kind {
                0 | 1 => Channel::Stdout,
                2 => Channel::Stderr,
                3 => {
                    self.state.failure.extend_from_slice(payload);
                    if ended {
                        let message = String::from_utf8_lossy(&self.state.failure).into_owned();
                        return Some(Err(Error::InStream { message }));
                    }
                    return None;
                }
                kind => return Some(Err(Error::UnknownFrame { kind })),
            };
            if !payload.is_empty() {
                return Some(Ok((channel, payload)));
            }
            if !ended {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind, 0, 0, 0];
        bytes.extend((payload.len() as u32).to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    /// Feeds the stream in pieces of `size` and returns both channels.
    fn split(stream: &[u8], size: usize) -> (Vec<u8>, Vec<u8>) {
        let (mut out, mut err, mut state) = (Vec::new(), Vec::new(), Demultiplexer::default());
        for chunk in stream.chunks(size) {
            for piece in state.push(chunk) {
                match piece.unwrap() {
                    (Channel::Stdout, bytes) => out.extend(bytes),
                    (Channel::Stderr, bytes) => err.extend(bytes),
                }
            }
        }
        assert!(state.is_complete());
        (out, err)
    }

    #[test]
    fn any_cut_of_the_stream_gives_the_same_bytes() {
        let stream = [frame(1, b"one "), frame(2, b"bad"), frame(1, b""), frame(0, b"two")].concat();
        for size in 1..=stream.len() {
            assert_eq!(split(&stream, size), (b"one two".to_vec(), b"bad".to_vec()), "pieces of {size}");
        }
    }

    #[test]
    fn a_failure_of_the_engine_is_an_error_with_its_words() {
        let stream = frame(3, b"disk full");
        let mut state = Demultiplexer::default();
        assert!(state.push(&stream[..10]).next().is_none());
        let error = state.push(&stream[10..]).next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "error from daemon in stream: disk full");
    }

    #[test]
    fn an_unknown_frame_is_refused() {
        let stream = frame(9, b"x");
        let error = Demultiplexer::default().push(&stream).next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "Unrecognized input header: 9");
    }

    #[test]
    fn a_cut_frame_is_not_complete() {
        let mut state = Demultiplexer::default();
        let stream = frame(1, b"abc");
        assert_eq!(state.push(&stream[..9]).count(), 1);
        assert!(!state.is_complete());
    }
}
