//! Writing a container's log: chunks of its output become entries, one per line.
//!
//! One writer per file. It does not flush to the disk, and it reads no clock: times come with the chunks.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use corten_spec::time::Timestamp;

use serde::{Deserialize, Serialize};

use crate::appended::{is_removed, open, write_as_much_as_possible};
use crate::decode::{self, Clock};
use crate::encode::{self, Ending, OtherBytes};
use crate::lines::{Piece, split};
use crate::rotation::{self, Rotation};
use crate::{LogError, Result, Stream};

/// Entries are gathered up to this size before they are written.
const BATCH: usize = 32 * 1024;

/// A log that is written to.
#[derive(Debug)]
pub struct LogWriter {
    path: PathBuf,
    rotation: Rotation,
    file: Option<File>,
    /// Bytes in the file.
    size: u64,
    /// In which second of the time of chunks it was last seen to have its name.
    seen_at: i64,
    /// Whether the file ends with half an entry, which a newline has to set apart.
    half_entry: bool,
    /// Entries that are not written yet.
    batch: Vec<u8>,
    /// How many bytes of entries wait for a file that cannot be written just now; 0 = none does.
    patience: usize,
    /// Whether the batch waits for that.
    stuck: bool,
    /// What becomes of bytes that are not UTF-8.
    other_bytes: OtherBytes,
    /// What stands beside every line, as JSON; empty = nothing.
    attributes: Vec<u8>,
    /// The last trailer, and what it was made for.
    trailer: Option<(Stream, Timestamp, Vec<u8>)>,
    unfinished: Unfinished,
    dropped: Dropped,
    /// Whether a file was rotated since somebody asked.
    rotated: bool,
}

/// The lines whose end has not come yet: what a writer in another process goes on with, so that no line is split between the two.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Unfinished {
    stdout: Line,
    stderr: Line,
}

/// The end of one stream.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Line {
    bytes: Vec<u8>,
    /// When the newest of `bytes` came.
    at: Option<Timestamp>,
    /// When the first part of the line was logged, if there was one: all its parts carry that time.
    first_part: Option<Timestamp>,
    /// Whether the last entry of the stream in the file, the batch apart, is a part of a line with more to come.
    open: bool,
    /// Whether what that line went on with was lost: the next entry must not seem to be it.
    torn: bool,
}

/// What could not be written, and is lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Lines, or parts of lines longer than 16 KiB.
    pub entries: u64,
    /// What they held, in bytes.
    pub bytes: u64,
}

impl LogWriter {
    /// A writer to `path`. The file (mode 0640) appears with its first entry; one that is there is continued.
    pub fn create(path: &Path, rotation: Rotation) -> LogWriter {
        LogWriter {
            path: path.to_owned(),
            rotation,
            file: None,
            size: 0,
            seen_at: 0,
            half_entry: false,
            batch: Vec::new(),
            patience: 0,
            stuck: false,
            other_bytes: OtherBytes::Replaced,
            attributes: Vec::new(),
            trailer: None,
            unfinished: Unfinished::default(),
            dropped: Dropped::default(),
            rotated: false,
        }
    }

    /// Keeps as many bytes of entries in memory while the file cannot be written. What comes when they are full is lost; without this,
    /// everything is that cannot be written at once.
    #[must_use]
    pub fn with_patience(self, bytes: usize) -> LogWriter {
        LogWriter { patience: bytes, ..self }
    }

    /// Keeps bytes that are not UTF-8 as they are, in a form that Docker's json-file does not have.
    #[must_use]
    pub fn with_all_bytes(self) -> LogWriter {
        LogWriter { other_bytes: OtherBytes::Kept, ..self }
    }

    /// Goes on with the lines that another writer of the same file had begun, and with its count of what was lost.
    #[must_use]
    pub fn continuing(self, unfinished: Unfinished, dropped: Dropped) -> LogWriter {
        LogWriter { unfinished, dropped, ..self }
    }

    /// What the next writer has to know: the lines that wait for their end.
    pub fn unfinished(&self) -> &Unfinished {
        &self.unfinished
    }

    /// Whether a file was rotated since this was asked last: there is something to compress ([`crate::pack_next`]).
    pub fn has_rotated(&mut self) -> bool {
        std::mem::take(&mut self.rotated)
    }

    /// Where it writes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was lost so far.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Adds what is to stand beside every line, by name.
    #[must_use]
    pub fn with_attributes(self, attributes: &BTreeMap<String, String>) -> LogWriter {
        LogWriter { attributes: encode::attributes(attributes), ..self }
    }

    /// Logs what a container wrote at `at`. Whole lines are in the file when this returns; a line without its end waits for
    /// the rest, up to 16 KiB.
    ///
    /// # Errors
    /// A full disk and the like: the first failure. What could not be written is counted ([`LogWriter::dropped`]), and what comes
    /// after it is tried all the same; half an entry that stays in the file is no line of any reader's.
    pub fn write(&mut self, stream: Stream, chunk: &[u8], at: Timestamp) -> Result<()> {
        let mut chunk = chunk;
        self.let_go_of_removed(at);
        // What waits goes first, and makes room.
        let mut outcome = if self.stuck { self.flush() } else { Ok(()) };
        loop {
            match split(self.line(stream).bytes.len(), chunk) {
                Piece::Line { text, rest } => {
                    outcome = outcome.and(self.log(stream, text, Ending::Newline, at));
                    chunk = rest;
                }
                Piece::Part { text, rest } => {
                    outcome = outcome.and(self.log(stream, text, Ending::Open, at));
                    chunk = rest;
                }
                Piece::Rest(b"") => break,
                Piece::Rest(text) => {
                    let line = self.line(stream);
                    line.bytes.extend_from_slice(text);
                    line.at = Some(at);
                    break;
                }
            }
        }
        outcome.and(self.flush())
    }

    /// Logs what waits for the end of its line, at the end of the streams. If the line goes on after all, its parts still add up to it.
    ///
    /// # Errors
    /// As [`LogWriter::write`].
    pub fn flush_partial(&mut self) -> Result<()> {
        let mut outcome = Ok(());
        for stream in [Stream::Stdout, Stream::Stderr] {
            if let Some(at) = self.line(stream).at.take() {
                outcome = outcome.and(self.log(stream, b"", Ending::Open, at));
            }
        }
        outcome = outcome.and(self.flush());
        if self.stuck {
            self.settle_for(0);
            self.batch.clear();
            self.stuck = false;
        }
        outcome
    }

    /// Begins a new file where somebody has removed the one that is written to. Looked at once a second: output may come in many chunks.
    fn let_go_of_removed(&mut self, at: Timestamp) {
        let before = std::mem::replace(&mut self.seen_at, at.unix_seconds());
        if before != self.seen_at && self.file.as_ref().is_some_and(is_removed) {
            self.file = None;
        }
    }

    fn line(&mut self, stream: Stream) -> &mut Line {
        match stream {
            Stream::Stdout => &mut self.unfinished.stdout,
            Stream::Stderr => &mut self.unfinished.stderr,
        }
    }

    /// Makes an entry of what waits and of `text`.
    fn log(&mut self, stream: Stream, text: &[u8], ending: Ending, at: Timestamp) -> Result<()> {
        let mut waiting = std::mem::take(&mut self.line(stream).bytes);
        let whole = if waiting.is_empty() {
            text
        } else {
            waiting.extend_from_slice(text);
            &waiting
        };
        let ready = self.make_ready();
        self.line(stream).at = None;
        let has_room = !self.stuck || self.batch.len() + whole.len() <= self.patience;
        if has_room && (ready.is_ok() || self.patience > 0) {
            self.add(stream, whole, ending, at);
            self.stuck |= ready.is_err();
        } else {
            self.lose(stream, whole.len() + usize::from(ending == Ending::Newline));
        }
        waiting.clear();
        self.line(stream).bytes = waiting;
        // One that waits for its file is tried once in a while only: with the next output.
        if self.batch.len() >= BATCH && !self.stuck { ready.and(self.flush()) } else { ready }
    }

    /// Puts an entry into the batch.
    fn add(&mut self, stream: Stream, text: &[u8], ending: Ending, at: Timestamp) {
        let line = self.line(stream);
        // Else readers would take this for what the torn line went on with.
        let set_apart = std::mem::take(&mut line.torn);
        let at = match ending {
            Ending::Open => *line.first_part.get_or_insert(at),
            Ending::Newline => line.first_part.take().unwrap_or(at),
        };
        let trailer = match &self.trailer {
            Some((for_stream, for_time, trailer)) if (*for_stream, *for_time) == (stream, at) => trailer,
            _ => &self.trailer.insert((stream, at, encode::trailer(stream, at, &self.attributes))).2,
        };
        if set_apart {
            encode::entry(b"", self.other_bytes, Ending::Newline, trailer, &mut self.batch);
        }
        encode::entry(text, self.other_bytes, ending, trailer, &mut self.batch);
    }

    /// Counts an entry that never came so far as into the batch.
    fn lose(&mut self, stream: Stream, bytes: usize) {
        self.dropped.entries += 1;
        self.dropped.bytes += bytes as u64;
        let line = self.line(stream);
        line.torn |= line.first_part.take().is_some();
    }

    /// Opens the file, or rotates it, before another entry.
    fn make_ready(&mut self) -> Result<()> {
        if self.file.is_none() {
            self.open()?;
        }
        let size = self.size + self.batch.len() as u64;
        if self.rotation.max_size.is_some_and(|limit| size >= limit) && size > 0 {
            self.flush()?;
            rotation::make_way(&self.path, self.rotation.max_files)
                .map_err(|error| LogError::new("rotate", &self.path, error))?;
            self.file = None;
            self.rotated = true;
            self.open()?;
        }
        Ok(())
    }

    fn open(&mut self) -> Result<()> {
        let (file, size) = open(&self.path).map_err(|error| LogError::new("open", &self.path, error))?;
        self.file = Some(file);
        self.size = size;
        self.half_entry = false;
        Ok(())
    }

    /// Writes the batch; where that fails, as many of its entries as fit.
    fn flush(&mut self) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        if self.file.is_none() {
            self.open()?;
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        if self.half_entry && self.batch[0] != b'\n' {
            self.batch.insert(0, b'\n');
        }
        let (written, result) = write_as_much_as_possible(file, &self.batch);
        let outcome = match result {
            Ok(()) => {
                self.size += written as u64;
                self.half_entry = false;
                self.stuck = false;
                for line in [&mut self.unfinished.stdout, &mut self.unfinished.stderr] {
                    line.open = line.first_part.is_some();
                }
                Ok(())
            }
            Err(error) if self.patience > 0 => {
                self.wait_after(written);
                return Err(LogError::new("write", &self.path, error));
            }
            Err(error) => {
                self.settle_for(written);
                Err(LogError::new("write", &self.path, error))
            }
        };
        self.batch.clear();
        // Lines full of bytes that need escaping are six times as long: such a buffer is not kept for ever.
        self.batch.shrink_to(2 * BATCH);
        outcome
    }

    /// After a failed write of which so many bytes are in the file: the entries that are not wait for the next attempt.
    fn wait_after(&mut self, written: usize) {
        let kept = self.batch[..written].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        self.half_entry = written > kept || (self.half_entry && written == 0);
        self.size += written as u64;
        self.batch.drain(..kept);
        self.stuck = true;
    }

    /// After a failed write of which so many bytes are in the file: what is lost is counted.
    fn settle_for(&mut self, written: usize) {
        let kept = self.batch[..written].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let mut clock = Clock::default();
        let mut text = Vec::new();
        let mut position = 0;
        let (mut dropped, mut lost) = (self.dropped, [false; 2]);
        for entry in self.batch.split_inclusive(|&byte| byte == b'\n') {
            let is_kept = position < kept;
            position += entry.len();
            let Some(facts) = decode::entry(&entry[..entry.len() - 1], &mut clock, &mut text) else {
                continue;
            };
            let (line, lost) = match facts.stream {
                Stream::Stdout => (&mut self.unfinished.stdout, &mut lost[0]),
                Stream::Stderr => (&mut self.unfinished.stderr, &mut lost[1]),
            };
            if is_kept {
                line.open = text.last() != Some(&b'\n');
            } else {
                *lost = true;
                dropped.entries += 1;
                dropped.bytes += text.len() as u64;
            }
        }
        self.dropped = dropped;
        for (line, lost) in [&mut self.unfinished.stdout, &mut self.unfinished.stderr].into_iter().zip(lost) {
            if lost {
                line.torn = std::mem::take(&mut line.open);
                line.first_part = None;
            }
        }
        self.size += written as u64;
        // Cutting it off would be wrong: a follower may have read it already, and would take what comes next for its rest.
        self.half_entry = written > kept || (self.half_entry && written == 0);
    }
}
