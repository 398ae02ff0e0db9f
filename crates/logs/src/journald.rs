//! A container's output as entries of the system's journal: one datagram of the journal's native protocol for each line.
//!
//! The fields are those of Docker's driver `journald`, so that what reads those reads these. Nothing is sent here.
//! <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>

use std::collections::BTreeMap;

use corten_spec::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Stream;
use crate::lines::{LONGEST_PART, Piece, split};

/// syslog(3): what is written to standard error counts as an error.
const PRIORITY_ERROR: &str = "3";
const PRIORITY_INFORMATION: &str = "6";

/// Turns output into entries.
#[derive(Debug)]
pub struct JournalEntries {
    /// What every entry has, encoded.
    constant: Vec<u8>,
    /// Tells parts of this container's lines from those of others.
    epoch: String,
    progress: JournalProgress,
}

/// How far it is: what an encoder in another process goes on with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct JournalProgress {
    /// How many entries there were.
    ordinal: u64,
    /// How many long lines there were.
    long_lines: u64,
    stdout: Line,
    stderr: Line,
}

/// The end of one stream.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Line {
    bytes: Vec<u8>,
    /// When the newest of `bytes` came.
    at: Option<Timestamp>,
    /// The parts of the present line that there are already.
    parts: Option<Parts>,
}

/// The parts of a line.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Parts {
    /// The number of the long line.
    line: u64,
    /// The number of its next part, from 1.
    next: u32,
    /// When the first came.
    at: Timestamp,
}

impl JournalEntries {
    /// Every entry has these fields; `epoch` is unique to this run of this container.
    pub fn new(fields: &BTreeMap<String, String>, epoch: &str, progress: JournalProgress) -> JournalEntries {
        let mut constant = Vec::new();
        for (name, value) in fields {
            field(name, value.as_bytes(), &mut constant);
        }
        field("CONTAINER_LOG_EPOCH", epoch.as_bytes(), &mut constant);
        JournalEntries { constant, epoch: epoch.to_owned(), progress }
    }

    /// What the next encoder goes on with.
    pub fn progress(&self) -> &JournalProgress {
        &self.progress
    }

    /// Gives an entry for each line, or part of a long one, that is complete with what a container wrote at `at`.
    pub fn add(&mut self, stream: Stream, mut chunk: &[u8], at: Timestamp, each: &mut dyn FnMut(Vec<u8>)) {
        loop {
            match split(self.line(stream).bytes.len(), chunk) {
                Piece::Line { text, rest } => {
                    each(self.entry(stream, text, true, at));
                    chunk = rest;
                }
                Piece::Part { text, rest } => {
                    each(self.entry(stream, text, false, at));
                    chunk = rest;
                }
                Piece::Rest(b"") => return,
                Piece::Rest(text) => {
                    let line = self.line(stream);
                    line.bytes.extend_from_slice(text);
                    line.at = Some(at);
                    return;
                }
            }
        }
    }

    /// Gives what waits for the end of its line: nothing more comes.
    pub fn finish(&mut self, each: &mut dyn FnMut(Vec<u8>)) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            if let Some(at) = self.line(stream).at.take() {
                each(self.entry(stream, b"", false, at));
            }
        }
    }

    fn line(&mut self, stream: Stream) -> &mut Line {
        match stream {
            Stream::Stdout => &mut self.progress.stdout,
            Stream::Stderr => &mut self.progress.stderr,
        }
    }

    /// The entry of what waits and of `text`.
    fn entry(&mut self, stream: Stream, text: &[u8], is_whole: bool, at: Timestamp) -> Vec<u8> {
        self.progress.ordinal += 1;
        let (ordinal, next_long) = (self.progress.ordinal, self.progress.long_lines + 1);
        let line = self.line(stream);
        let mut message = std::mem::take(&mut line.bytes);
        message.extend_from_slice(text);
        line.at = None;
        let parts = match line.parts {
            None if is_whole => None,
            parts => Some(parts.unwrap_or(Parts { line: next_long, next: 1, at })),
        };
        line.parts = parts.filter(|_| !is_whole).map(|parts| Parts { next: parts.next + 1, ..parts });
        self.progress.long_lines = self.progress.long_lines.max(parts.map_or(0, |parts| parts.line));

        let mut entry = Vec::with_capacity(self.constant.len() + message.len() + 256);
        field("MESSAGE", &message, &mut entry);
        let priority = if stream == Stream::Stderr { PRIORITY_ERROR } else { PRIORITY_INFORMATION };
        field("PRIORITY", priority.as_bytes(), &mut entry);
        let at = parts.map_or(at, |parts| parts.at);
        field("SYSLOG_TIMESTAMP", at.rfc3339_nano().as_bytes(), &mut entry);
        field("CONTAINER_LOG_ORDINAL", ordinal.to_string().as_bytes(), &mut entry);
        if let Some(parts) = parts {
            self.tell_part(parts, is_whole, &mut entry);
        }
        entry.extend_from_slice(&self.constant);
        message.clear();
        message.shrink_to(LONGEST_PART);
        self.line(stream).bytes = message;
        entry
    }

    fn tell_part(&self, parts: Parts, is_last: bool, entry: &mut Vec<u8>) {
        let id = format!("{}-{}", self.epoch, parts.line);
        field("CONTAINER_PARTIAL_ID", id.as_bytes(), entry);
        field("CONTAINER_PARTIAL_ORDINAL", parts.next.to_string().as_bytes(), entry);
        field("CONTAINER_PARTIAL_LAST", if is_last { b"true" } else { b"false" }, entry);
        if !is_last {
            field("CONTAINER_PARTIAL_MESSAGE", b"true", entry);
        }
    }
}

/// Appends a field: `NAME=value`, or, where the value has a newline, its length in between.
fn field(name: &str, value: &[u8], entry: &mut Vec<u8>) {
    entry.extend_from_slice(name.as_bytes());
    if value.contains(&b'\n') {
        entry.push(b'\n');
        entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend_from_slice(value);
    entry.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds, 0).unwrap()
    }

    fn entries() -> JournalEntries {
        let fields = BTreeMap::from([("CONTAINER_NAME".to_owned(), "box".to_owned())]);
        JournalEntries::new(&fields, "e", JournalProgress::default())
    }

    fn add(entries: &mut JournalEntries, stream: Stream, chunk: &[u8], at: Timestamp) -> Vec<String> {
        let mut all = Vec::new();
        entries.add(stream, chunk, at, &mut |entry| all.push(String::from_utf8(entry).unwrap()));
        all
    }

    #[test]
    fn a_line_is_an_entry_with_its_priority_and_the_containers_fields() {
        let mut entries = entries();
        assert!(add(&mut entries, Stream::Stdout, b"hel", at(1)).is_empty());
        let told = add(&mut entries, Stream::Stderr, b"no\n", at(2));
        let expected = "MESSAGE=no\nPRIORITY=3\nSYSLOG_TIMESTAMP=1970-01-01T00:00:02Z\nCONTAINER_LOG_ORDINAL=1\n\
                        CONTAINER_NAME=box\nCONTAINER_LOG_EPOCH=e\n";
        assert_eq!(told, [expected]);
        let told = add(&mut entries, Stream::Stdout, b"lo\n\n", at(3));
        assert!(told[0].starts_with("MESSAGE=hello\nPRIORITY=6\nSYSLOG_TIMESTAMP=1970-01-01T00:00:03Z\n"));
        assert!(told[1].starts_with("MESSAGE=\nPRIORITY=6\n"));
    }

    #[test]
    fn a_long_line_is_parts_that_name_it_also_where_another_encoder_goes_on() {
        let mut entries = entries();
        let long = "x".repeat(2 * LONGEST_PART + 3);
        let told = add(&mut entries, Stream::Stdout, long.as_bytes(), at(1));
        assert_eq!(told.len(), 2);
        let part = |ordinal, last| {
            format!(
                "CONTAINER_PARTIAL_ID=e-1\nCONTAINER_PARTIAL_ORDINAL={ordinal}\nCONTAINER_PARTIAL_LAST={last}\n"
            )
        };
        assert!(
            told[1].contains(&(part(2, false) + "CONTAINER_PARTIAL_MESSAGE=true\n")),
            "{}",
            &told[1][16000..]
        );
        let progress = entries.progress().clone();
        let mut other = JournalEntries::new(&BTreeMap::new(), "e", progress);
        let told = add(&mut other, Stream::Stdout, b"y\nnext\nend", at(9));
        assert!(told[0].starts_with("MESSAGE=xxxy\n") && told[0].contains(&part(3, true)), "{}", told[0]);
        assert!(told[0].contains("SYSLOG_TIMESTAMP=1970-01-01T00:00:01Z\n"));
        assert!(!told[1].contains("PARTIAL"));
        let mut last = Vec::new();
        other.finish(&mut |entry| last.push(String::from_utf8(entry).unwrap()));
        assert!(last[0].starts_with("MESSAGE=end\n") && last[0].contains("CONTAINER_PARTIAL_ID=e-2\n"));
    }

    #[test]
    fn a_value_of_several_lines_has_its_length() {
        let mut entry = Vec::new();
        field("A", b"x\ny", &mut entry);
        assert_eq!(entry, b"A\n\x03\0\0\0\0\0\0\0x\ny\n");
    }
}
