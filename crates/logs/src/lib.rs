//! Container log files in Docker's json-file format: `{"log":"…\n","stream":"stdout","time":"…"}`, one entry a line.
//!
//! The format and the names of rotated files are Docker's to the byte, so that log shippers keep working. Other log drivers
//! are not here.

mod appended;
mod decode;
mod encode;
mod error;
mod files;
mod journald;
mod lines;
mod packed;
mod query;
mod reader;
mod rotation;
mod scan;
mod seek;
mod tail;
mod writer;

pub use error::LogError;
pub use journald::{JournalEntries, JournalProgress};
pub use packed::{Packed, discard, pack_next, publish};
pub use query::{Entry, Query, Stream, Streams};
pub use reader::LogReader;
pub use rotation::Rotation;
pub use writer::{Dropped, LogWriter, Unfinished};

/// What the operations of this crate return.
pub type Result<T> = std::result::Result<T, LogError>;
