//! What is in a log, in a form that tests compare.

use std::path::Path;

use corten_logs::{LogReader, Query, Rotation, Stream};
use corten_spec::time::Timestamp;

/// A log that is never rotated.
pub(crate) const ENDLESS: Rotation = Rotation { max_size: None, max_files: 1 };

/// A time.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds, 0).unwrap()
}

/// The entries that are left, as `o:text` and `e:text`.
pub(crate) fn rest(reader: &mut LogReader) -> Vec<String> {
    let mut entries = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        let stream = if entry.stream == Stream::Stdout { 'o' } else { 'e' };
        entries.push(format!("{stream}:{}", std::str::from_utf8(entry.bytes).unwrap()));
    }
    entries
}

/// The entries that a query finds, as [`rest`] has them.
pub(crate) fn read(path: &Path, query: Query) -> Vec<String> {
    rest(&mut LogReader::open(path, query).unwrap())
}
