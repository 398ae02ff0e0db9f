//! Appending to a container's journal.
//!
//! The writer is whoever holds the container's lock; others add single records beside it, which append mode keeps apart. Nothing
//! is flushed to the disk but on request: most of what a journal tells of dies with the machine anyway.

use std::fs::File;
use std::io::{Seek, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::{JournalError, Record, Result, frame};

/// The largest record, in bytes on disk.
pub(crate) const MAX_RECORD: usize = 64 * 1024;

/// A journal that is open for appending.
#[derive(Debug)]
pub struct JournalWriter {
    file: File,
    path: PathBuf,
}

impl JournalWriter {
    /// Opens (or creates, mode 0600) the journal at `path`, cutting off what an earlier writer left half-written: for the
    /// holder of the container's lock.
    pub fn open(path: &Path) -> Result<JournalWriter> {
        let JournalWriter { file, path } = JournalWriter::beside(path)?;
        let path = path.as_path();
        let length = file.metadata().map_err(|error| JournalError::file("stat", path, error))?.len();
        let end = whole_length(&file, length).map_err(|error| JournalError::file("read", path, error))?;
        if end < length {
            file.set_len(end).map_err(|error| JournalError::file("truncate", path, error))?;
        }
        Ok(JournalWriter { file, path: path.to_owned() })
    }

    /// Opens the journal for a record beside those of the lock's holder. It cuts nothing: what looks half-written may be what
    /// the holder is writing.
    pub fn beside(path: &Path) -> Result<JournalWriter> {
        let file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| JournalError::file("open", path, error))?;
        Ok(JournalWriter { file, path: path.to_owned() })
    }

    /// Appends a record with one write(2). It is there for every reader when this returns, and not at all if this fails.
    ///
    /// # Errors
    /// [`JournalError::TooLarge`] above 64 KiB; a full disk and the like.
    pub fn append(&mut self, record: &Record) -> Result<()> {
        let text = serde_json::to_vec(record)
            .map_err(|source| JournalError::Encode { path: self.path.clone(), source })?;
        let mut line = Vec::new();
        frame::encode(&text, &mut line);
        if line.len() > MAX_RECORD {
            return Err(JournalError::TooLarge {
                path: self.path.clone(),
                size: line.len(),
                limit: MAX_RECORD,
            });
        }
        match self.file.write(&line) {
            Ok(written) if written == line.len() => Ok(()),
            Ok(written) => Err(self.undo(written as u64)),
            Err(error) => Err(JournalError::file("write", &self.path, error)),
        }
    }

    /// Has what was appended survive a loss of power, which little in a journal needs to.
    ///
    /// # Errors
    /// What fdatasync(2) says.
    pub fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|error| JournalError::file("sync", &self.path, error))
    }

    /// Removes the part of a record that reached a full disk, so that the next one does not continue it.
    fn undo(&mut self, written: u64) -> JournalError {
        // write(2) in append mode leaves the file position behind what it wrote, wherever that was.
        let cut = self.file.stream_position().and_then(|end| self.file.set_len(end.saturating_sub(written)));
        match cut {
            Ok(()) => {
                JournalError::file("write", &self.path, std::io::Error::from(std::io::ErrorKind::StorageFull))
            }
            Err(also) => JournalError::file("truncate after a failed write to", &self.path, also),
        }
    }
}

/// The length of the journal without a record at its end that is cut short or fails its checksum.
pub(crate) fn whole_length(file: &File, length: u64) -> std::io::Result<u64> {
    // The last record and one that is half-written behind it fit in here.
    let window = length.min(2 * MAX_RECORD as u64);
    let start = length - window;
    let mut tail = vec![0; window as usize];
    file.read_exact_at(&mut tail, start)?;
    let Some(newline) = frame::last_newline(&tail) else {
        return Ok(start);
    };
    let line_start = frame::last_newline(&tail[..newline]).map_or(0, |before| before + 1);
    let end = if frame::decode(&tail[line_start..newline]).is_some() { newline + 1 } else { line_start };
    Ok(start + end as u64)
}
