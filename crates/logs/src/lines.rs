//! Where lines end in what a container writes. Pure.

use crate::scan;

/// A line longer than this is kept in parts, as Docker does.
pub(crate) const LONGEST_PART: usize = 16 * 1024;

/// What a chunk begins with, after so many bytes of a line that came before it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// The end of a line, without its newline.
    Line { text: &'a [u8], rest: &'a [u8] },
    /// What fills a part of a line that goes on.
    Part { text: &'a [u8], rest: &'a [u8] },
    /// No end of anything, and all of the chunk.
    Rest(&'a [u8]),
}

/// Takes the first piece off a chunk. `waiting` is less than [`LONGEST_PART`].
pub(crate) fn split(waiting: usize, chunk: &[u8]) -> Piece<'_> {
    let room = LONGEST_PART - waiting;
    let within = &chunk[..chunk.len().min(room)];
    if let Some(end) = scan::newline(within) {
        Piece::Line { text: &chunk[..end], rest: &chunk[end + 1..] }
    } else if within.len() == room {
        let (text, rest) = chunk.split_at(room);
        Piece::Part { text, rest }
    } else {
        Piece::Rest(chunk)
    }
}
