//! Appending to the event file, by any number of processes at once.
//!
//! A record is one write to a file in append mode, which the kernel puts behind every other: appenders share the lock. What
//! they wait for is only a rotation, which has the lock for itself.

use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use corten_sys::ofd_lock::{self, Mode};

use super::event::{NewEvent, Sequence};
use super::file::{EventFile, Paths, write_header};
use crate::lock::is_at;
use crate::{JournalError, Result, frame};

/// A file larger than this is followed by a new one.
const ROTATE_ABOVE: u64 = 16 << 20;

/// The largest record, in bytes on disk.
const MAX_RECORD: usize = 1 << 20;

/// The event file of a root, to append to. It holds nothing open.
#[derive(Debug, Clone)]
pub struct EventLog {
    paths: Paths,
    rotate_above: u64,
}

impl EventLog {
    /// The event file of `root`; made when the first event is appended.
    pub fn new(root: &Path) -> EventLog {
        EventLog { paths: Paths::of(root), rotate_above: ROTATE_ABOVE }
    }

    #[cfg(test)]
    pub(crate) fn with_limit(root: &Path, rotate_above: u64) -> EventLog {
        EventLog { rotate_above, ..EventLog::new(root) }
    }

    /// Appends an event. Every reader sees it when this returns.
    ///
    /// # Errors
    /// [`JournalError::TooLarge`] above 1 MiB; a full disk and the like. After an error no reader sees the event.
    pub fn append(&self, event: &NewEvent) -> Result<Sequence> {
        self.append_together(std::slice::from_ref(event))
    }

    /// Appends events that no reader may see without each other, in their order. Returns the position of the first.
    ///
    /// # Errors
    /// As [`EventLog::append`].
    pub fn append_together(&self, events: &[NewEvent]) -> Result<Sequence> {
        let lines = self.encode(events)?;
        let (sequence, end) =
            self.write(EventFile::current(&self.paths.current, Some(Mode::Shared))?, &lines)?;
        self.rotate_after(end)?;
        Ok(sequence)
    }

    /// Appends an event where `holds` says so, which is asked while nobody else can append: so the event stands before that of
    /// whatever `holds` has seen not to have happened yet. False = it did not hold.
    ///
    /// For rare events alone: every other writer waits meanwhile.
    ///
    /// # Errors
    /// As [`EventLog::append`], and what `holds` fails with.
    pub fn append_while<E: From<JournalError>>(
        &self,
        event: &NewEvent,
        holds: impl FnOnce() -> std::result::Result<bool, E>,
    ) -> std::result::Result<bool, E> {
        let lines = self.encode(std::slice::from_ref(event))?;
        let events = EventFile::current(&self.paths.current, Some(Mode::Exclusive))?;
        if !holds()? {
            return Ok(false);
        }
        let (_, end) = self.write(events, &lines)?;
        self.rotate_after(end)?;
        Ok(true)
    }

    /// Writes lines with one write(2), and lets go of the lock. Returns the position of the first and the file's length.
    fn write(&self, mut events: EventFile, lines: &[u8]) -> Result<(Sequence, u64)> {
        let failed = |error| JournalError::file("write", &self.paths.current, error);
        if events.file.write(lines).map_err(failed)? != lines.len() {
            return Err(failed(std::io::ErrorKind::StorageFull.into()));
        }
        // write(2) in append mode leaves the file position behind what it wrote, wherever that was.
        let end = events.file.stream_position().map_err(failed)?;
        Ok((Sequence(events.base + end - lines.len() as u64 + 1), end))
    }

    fn rotate_after(&self, end: u64) -> Result<()> {
        if end > self.rotate_above { self.rotate() } else { Ok(()) }
    }

    /// A newline goes before the record, too: if an earlier writer died in the middle of one, this one still stands apart.
    fn encode(&self, events: &[NewEvent]) -> Result<Vec<u8>> {
        let path = || self.paths.current.clone();
        let mut lines = Vec::new();
        for event in events {
            let before = lines.len();
            let text =
                serde_json::to_vec(event).map_err(|source| JournalError::Encode { path: path(), source })?;
            lines.push(b'\n');
            frame::encode(&text, &mut lines);
            let size = lines.len() - before;
            if size > MAX_RECORD {
                return Err(JournalError::TooLarge { path: path(), size, limit: MAX_RECORD });
            }
        }
        Ok(lines)
    }

    /// Makes the file that is too large the predecessor of a new one, unless others are at it: then the next to append will.
    fn rotate(&self) -> Result<()> {
        let Paths { current, previous } = &self.paths;
        let events = EventFile::current(current, None)?;
        let locked = ofd_lock::try_lock(events.file.as_fd(), Mode::Exclusive)
            .map_err(|error| JournalError::file("lock", current, error))?;
        let end = events.end(current)?;
        if !locked || !is_at(events.file.as_fd(), current)? || end - events.base <= self.rotate_above {
            return Ok(());
        }
        let successor = beside(current);
        let file =
            File::create(&successor).map_err(|error| JournalError::file("create", &successor, error))?;
        write_header(&file, end, &successor)?;
        // A second name first, so that neither `events` nor `events.1` is ever missing, nor both names ever on new files.
        let second_name = beside(previous);
        remove_if_there(&second_name)?;
        std::fs::hard_link(current, &second_name)
            .map_err(|error| JournalError::file("link", &second_name, error))?;
        rename(&second_name, previous)?;
        rename(&successor, current)
    }
}

/// The name under which what is to replace `path` is made ready. Only the holder of the exclusive lock uses it.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(JournalError::file("remove", path, error))
        }
        _ => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).map_err(|error| JournalError::file("rename", from, error))
}
