//! What is asked of a log and what is answered.
//!
//! Times come parsed; nothing here reads a clock.

use corten_spec::time::Timestamp;

/// Where a container wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Descriptor 1, or the terminal.
    Stdout,
    /// Descriptor 2.
    Stderr,
}

impl Stream {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }
}

/// Which streams are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// Both.
    All,
    /// One of them.
    Only(Stream),
}

impl Streams {
    pub(crate) fn contain(self, stream: Stream) -> bool {
        match self {
            Streams::All => true,
            Streams::Only(wanted) => wanted == stream,
        }
    }
}

/// Which entries are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// None older than this.
    pub since: Option<Timestamp>,
    /// None newer than this: the first that is ends the reading.
    pub until: Option<Timestamp>,
    /// Only the last so many. As in Docker they are counted first, whatever their time and stream.
    pub tail: Option<u64>,
    /// Of which streams.
    pub streams: Streams,
    /// Whether what comes later is wanted, too, and [`LogReader::as_fd`](crate::LogReader::as_fd): that costs one of the user's inotify
    /// instances.
    pub follow: bool,
}

impl Default for Query {
    /// Everything that is there.
    fn default() -> Query {
        Query { since: None, until: None, tail: None, streams: Streams::All, follow: false }
    }
}

/// One entry: a line with its newline, or a part of a line without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Where it was written.
    pub stream: Stream,
    /// When.
    pub at: Timestamp,
    /// What. Bytes that were no UTF-8 have become U+FFFD when they were logged, but for [`crate::LogWriter::with_all_bytes`].
    pub bytes: &'a [u8],
    /// What stands beside it: a JSON object of texts, or nothing.
    pub attributes: &'a [u8],
}
