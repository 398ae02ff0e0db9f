//! One event file: its first line, and whether it is still the current one.
//!
//! Who may write what when is decided in `log`.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use corten_sys::ofd_lock::{self, Mode};
use serde::{Deserialize, Serialize};

use crate::lock::is_at;
use crate::{JournalError, Result, frame};

/// More than any first line has.
const LONGEST_HEADER: usize = 128;

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    /// Of the format. A version that is not known is refused.
    version: u32,
    /// The position of the file's first byte.
    base: u64,
}

const VERSION: u32 = 1;

/// Where the files of a root are.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    pub(crate) current: PathBuf,
    pub(crate) previous: PathBuf,
}

impl Paths {
    pub(crate) fn of(root: &Path) -> Paths {
        Paths { current: root.join("events"), previous: root.join("events.1") }
    }
}

/// An open event file.
#[derive(Debug)]
pub(crate) struct EventFile {
    pub(crate) file: File,
    /// The position of the first byte.
    pub(crate) base: u64,
    /// Bytes of the first line.
    pub(crate) header: u64,
}

impl EventFile {
    /// Opens the current file, giving a new root its first; with `mode`, holding that lock.
    pub(crate) fn current(path: &Path, mode: Option<Mode>) -> Result<EventFile> {
        loop {
            let file = open(path)?;
            if let Some(mode) = mode {
                ofd_lock::lock(file.as_fd(), mode)
                    .map_err(|error| JournalError::file("lock", path, error))?;
                if !is_at(file.as_fd(), path)? {
                    continue;
                }
            }
            if length(&file, path)? > 0 {
                return EventFile::of(file, path);
            }
            // Upgrading a shared lock can deadlock with another who does the same: begin afresh with the exclusive one.
            drop(file);
            write_first_header(path)?;
        }
    }

    /// Opens the predecessor, if there is one.
    pub(crate) fn previous(path: &Path) -> Result<Option<EventFile>> {
        match File::open(path) {
            Ok(file) => EventFile::of(file, path).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(JournalError::file("open", path, error)),
        }
    }

    fn of(file: File, path: &Path) -> Result<EventFile> {
        let mut start = [0; LONGEST_HEADER];
        let read = file.read_at(&mut start, 0).map_err(|error| JournalError::file("read", path, error))?;
        let damaged = |reason: &str| JournalError::Damaged {
            path: path.to_owned(),
            offset: 0,
            reason: format!("{reason}; move the file away to begin a new one"),
        };
        let newline = start[..read].iter().position(|&byte| byte == b'\n');
        let newline = newline.ok_or_else(|| damaged("it has no first line"))?;
        let text = frame::decode(&start[..newline]).ok_or_else(|| damaged("its first line is not whole"))?;
        match serde_json::from_slice(text) {
            Ok(Header { version: VERSION, base }) => Ok(EventFile { file, base, header: newline as u64 + 1 }),
            Ok(Header { version, .. }) => {
                Err(damaged(&format!("format {version} is newer than this program")))
            }
            Err(_) => Err(damaged("its first line is not one of an event file")),
        }
    }

    /// The position behind the last byte.
    pub(crate) fn end(&self, path: &Path) -> Result<u64> {
        Ok(self.base + length(&self.file, path)?)
    }
}

fn open(path: &Path) -> Result<File> {
    File::options()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| JournalError::file("open", path, error))
}

fn length(file: &File, path: &Path) -> Result<u64> {
    Ok(file.metadata().map_err(|error| JournalError::file("stat", path, error))?.len())
}

fn write_first_header(path: &Path) -> Result<()> {
    let file = open(path)?;
    ofd_lock::lock(file.as_fd(), Mode::Exclusive).map_err(|error| JournalError::file("lock", path, error))?;
    if is_at(file.as_fd(), path)? && length(&file, path)? == 0 {
        write_header(&file, 0, path)?;
    }
    Ok(())
}

/// Writes the first line of a file that begins at position `base`.
pub(crate) fn write_header(mut file: &File, base: u64, path: &Path) -> Result<()> {
    let text = serde_json::to_vec(&Header { version: VERSION, base })
        .map_err(|source| JournalError::Encode { path: path.to_owned(), source })?;
    let mut line = Vec::new();
    frame::encode(&text, &mut line);
    file.write_all(&line).map_err(|error| JournalError::file("write", path, error))
}
