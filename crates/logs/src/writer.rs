//! Writing a container's log: chunks of its output become entries, one per line.
//!
//! One writer per file. It does not flush to the disk, and it reads no clock: times come with the chunks.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use corten_spec::time::Timestamp;

use crate::encode::{self, Ending};
use crate::rotation::{self, Rotation};
use crate::{LogError, Result, Stream, scan};

/// A line longer than this is logged in parts, as Docker does.
const LONGEST_PART: usize = 16 * 1024;

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
    /// Entries that are not written yet.
    batch: Vec<u8>,
    /// What stands beside every line, as JSON; empty = nothing.
    attributes: Vec<u8>,
    /// The last trailer, and what it was made for.
    trailer: Option<(Stream, Timestamp, Vec<u8>)>,
    stdout: Unfinished,
    stderr: Unfinished,
}

/// A line whose end has not come yet.
#[derive(Debug, Default)]
struct Unfinished {
    bytes: Vec<u8>,
    /// When the newest of `bytes` came.
    at: Option<Timestamp>,
    /// When the first part of the line was logged, if there was one: all its parts carry that time.
    first_part: Option<Timestamp>,
}

impl LogWriter {
    /// A writer to `path`. The file (mode 0640) appears with its first entry; one that is there is continued.
    pub fn create(path: &Path, rotation: Rotation) -> LogWriter {
        LogWriter {
            path: path.to_owned(),
            rotation,
            file: None,
            size: 0,
            batch: Vec::new(),
            attributes: Vec::new(),
            trailer: None,
            stdout: Unfinished::default(),
            stderr: Unfinished::default(),
        }
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
    /// A full disk and the like. Some lines of the chunk are lost then; no half of one stays in the file.
    pub fn write(&mut self, stream: Stream, chunk: &[u8], at: Timestamp) -> Result<()> {
        let mut rest = chunk;
        while !rest.is_empty() {
            let room = LONGEST_PART - self.unfinished(stream).bytes.len();
            let within = &rest[..rest.len().min(room)];
            if let Some(end) = scan::newline(within) {
                self.log(stream, &rest[..end], Ending::Newline, at)?;
                rest = &rest[end + 1..];
            } else if within.len() == room {
                self.log(stream, within, Ending::Open, at)?;
                rest = &rest[room..];
            } else {
                let unfinished = self.unfinished(stream);
                unfinished.bytes.extend_from_slice(rest);
                unfinished.at = Some(at);
                break;
            }
        }
        self.flush()
    }

    /// Logs what waits for the end of its line: at the end of a stream, or before this process hands over to another. If the
    /// line goes on after all, its parts still add up to it.
    pub fn flush_partial(&mut self) -> Result<()> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            if let Some(at) = self.unfinished(stream).at.take() {
                self.log(stream, b"", Ending::Open, at)?;
            }
        }
        self.flush()
    }

    fn unfinished(&mut self, stream: Stream) -> &mut Unfinished {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// Makes an entry of what waits and of `text`.
    fn log(&mut self, stream: Stream, text: &[u8], ending: Ending, at: Timestamp) -> Result<()> {
        self.make_ready()?;
        let unfinished = self.unfinished(stream);
        let at = match ending {
            Ending::Open => *unfinished.first_part.get_or_insert(at),
            Ending::Newline => unfinished.first_part.take().unwrap_or(at),
        };
        unfinished.at = None;
        let mut line = std::mem::take(&mut unfinished.bytes);
        let whole = if line.is_empty() {
            text
        } else {
            line.extend_from_slice(text);
            &line
        };
        let trailer = match &self.trailer {
            Some((for_stream, for_time, trailer)) if (*for_stream, *for_time) == (stream, at) => trailer,
            _ => &self.trailer.insert((stream, at, encode::trailer(stream, at, &self.attributes))).2,
        };
        encode::entry(whole, ending, trailer, &mut self.batch);
        line.clear();
        self.unfinished(stream).bytes = line;
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
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
            self.open()?;
        }
        Ok(())
    }

    fn open(&mut self) -> Result<()> {
        let (file, size) = open(&self.path).map_err(|error| LogError::new("open", &self.path, error))?;
        self.file = Some(file);
        self.size = size;
        Ok(())
    }

    /// Writes the batch, all of it or nothing.
    fn flush(&mut self) -> Result<()> {
        let Some(file) = self.file.as_mut().filter(|_| !self.batch.is_empty()) else {
            return Ok(());
        };
        let written = file.write_all(&self.batch);
        let length = self.batch.len() as u64;
        self.batch.clear();
        // Lines full of bytes that need escaping are six times as long: such a buffer is not kept for ever.
        self.batch.shrink_to(2 * BATCH);
        match written {
            Ok(()) => self.size += length,
            Err(error) => {
                // Best effort: a half entry that stays is set apart by the newline that the next opening writes.
                if file.set_len(self.size).is_err() {
                    self.file = None;
                }
                return Err(LogError::new("write", &self.path, error));
            }
        }
        Ok(())
    }
}

/// Opens a log for appending, setting apart a line that an earlier writer left unfinished; its size.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut file = File::options().read(true).append(true).create(true).mode(0o640).open(path)?;
    let mut size = file.metadata()?.len();
    if size > 0 {
        let mut last = [0];
        file.read_exact_at(&mut last, size - 1)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
            size += 1;
        }
    }
    Ok((file, size))
}
