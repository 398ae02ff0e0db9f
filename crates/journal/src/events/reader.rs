//! Reading the event file and being woken for more, across rotation: no event is lost or given twice.
//!
//! It filters nothing and does not wait: the caller polls the descriptor that [`EventReader::watch`] gives, or just looks again.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::event::{Event, NewEvent, Sequence};
use super::file::{EventFile, Paths};
use crate::lock::is_at;
use crate::{JournalError, Result, Watch, frame};

/// How much is read at once.
const BLOCK: usize = 16 * 1024;

/// A position in the events of a root.
#[derive(Debug)]
pub struct EventReader {
    paths: Paths,
    events: EventFile,
    /// What was read and not yet given: the bytes before `next_read`.
    buffer: Vec<u8>,
    /// How much of `buffer` was given.
    given: usize,
    /// Where in the file to read next.
    next_read: u64,
    /// The event at this position was known to the caller beforehand.
    known: Option<Sequence>,
    watch: Option<Watch>,
    watched: Option<i32>,
}

impl EventReader {
    /// Gives the events that are appended from now on.
    pub fn at_end(root: &Path) -> Result<EventReader> {
        let paths = Paths::of(root);
        let events = EventFile::current(&paths.current, None)?;
        // Behind the last whole line: a record that is being written right now is still given.
        let offset = last_line_end(&events, &paths.current)?;
        EventReader::new(paths, events, offset)
    }

    /// Gives every event that is still kept, then those that are appended.
    pub fn from_start(root: &Path) -> Result<EventReader> {
        let paths = Paths::of(root);
        let current = EventFile::current(&paths.current, None)?;
        let events = EventFile::previous(&paths.previous)?.unwrap_or(current);
        let offset = events.header;
        EventReader::new(paths, events, offset)
    }

    /// Gives the events after the one at `sequence`. Position 0 comes before every event.
    ///
    /// # Errors
    /// [`JournalError::Overrun`] if events after it are no longer kept, [`JournalError::UnknownPosition`] beyond the end.
    pub fn from(root: &Path, sequence: Sequence) -> Result<EventReader> {
        let paths = Paths::of(root);
        let events = match holder(&paths, sequence.0)? {
            Holder::Found(events) => events,
            Holder::Dropped(oldest) => return Err(overrun(&paths, sequence.0, oldest.base)),
        };
        let end = events.end(&paths.current)?;
        if sequence.0 > end {
            return Err(JournalError::UnknownPosition { path: paths.current, wanted: sequence.0, end });
        }
        let offset = (sequence.0 - events.base).max(events.header);
        let mut reader = EventReader::new(paths, events, offset)?;
        reader.known = Some(sequence);
        Ok(reader)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the last word of constructors that fail")]
    fn new(paths: Paths, events: EventFile, offset: u64) -> Result<EventReader> {
        Ok(EventReader {
            paths,
            events,
            buffer: Vec::new(),
            given: 0,
            next_read: offset,
            known: None,
            watch: None,
            watched: None,
        })
    }

    /// Takes one of the user's inotify instances, if it has none yet, and gives the descriptor that becomes readable when there may be
    /// more to give; `None` where there is none to be had. After the first call, [`EventReader::next`] has to be called until it gives
    /// `None` before the descriptor is waited for.
    ///
    /// Not taken from the beginning: letting go of an instance waits for the kernel's grace periods, 10 to 50 ms at the end of a process.
    pub fn watch(&mut self) -> Result<Option<BorrowedFd<'_>>> {
        let made = match self.watch.take() {
            Some(watch) => Some(watch),
            None => Watch::new().map_err(|error| self.failed("make an inotify instance for", error))?,
        };
        let Some(made) = made else { return Ok(None) };
        self.watch_with(&made)?;
        let watch: &Watch = self.watch.insert(made);
        Ok(Some(watch.as_fd()))
    }

    /// The next event; `None` if there is none yet. Does not wait: poll [`EventReader::watch`] for reading, then call again.
    ///
    /// # Errors
    /// [`JournalError::Overrun`] if the file was rotated twice since this reader last looked; later calls go on with the
    /// oldest event that is kept.
    #[expect(clippy::should_implement_trait, reason = "not an iterator: `None` is not the end")]
    pub fn next(&mut self) -> Result<Option<Event>> {
        loop {
            while let Some((sequence, line)) = self.take_line() {
                let event = frame::decode(&self.buffer[line]).map(serde_json::from_slice::<NewEvent>);
                // What does not pass its checksum was torn by the death of its writer: it never was an event.
                let Some(event) = event else { continue };
                if self.known.take_if(|known| *known == sequence).is_some() {
                    continue;
                }
                let event = event.map_err(|error| self.damaged(sequence, &error))?;
                return Ok(Some(Event::new(sequence, event)));
            }
            if self.fill()? {
                continue;
            }
            // In this order: what is appended after the drain makes the descriptor readable, what was before it is read.
            if let Some(watch) = &self.watch
                && watch.drain().map_err(|error| self.failed("read the notifications of", error))?
            {
                continue;
            }
            if is_at(self.events.file.as_fd(), &self.paths.current)? {
                return Ok(None);
            }
            // Nobody appends to a file that was replaced, but somebody may have just before it was.
            if !self.fill()? {
                self.advance()?;
            }
        }
    }

    /// Takes a whole line off the buffer: its position, and where it is in the buffer.
    fn take_line(&mut self) -> Option<(Sequence, std::ops::Range<usize>)> {
        let rest = &self.buffer[self.given..];
        let length = rest.iter().position(|&byte| byte == b'\n')?;
        let line = self.given..self.given + length;
        let position = self.events.base + self.next_read - rest.len() as u64;
        self.given = line.end + 1;
        Some((Sequence(position), line))
    }

    /// Reads a block into the buffer; `false` at the end of the file.
    fn fill(&mut self) -> Result<bool> {
        self.buffer.drain(..self.given);
        self.given = 0;
        let kept = self.buffer.len();
        self.buffer.resize(kept + BLOCK, 0);
        let read = self.events.file.read_at(&mut self.buffer[kept..], self.next_read);
        self.buffer.truncate(kept + *read.as_ref().unwrap_or(&0));
        let read = read.map_err(|error| self.failed("read", error))?;
        self.next_read += read as u64;
        Ok(read > 0)
    }

    /// Goes on with the file that follows this one.
    fn advance(&mut self) -> Result<()> {
        // A record that was not finished at the end of the old file never will be.
        let wanted = self.events.base + self.next_read;
        let (events, lost) = match holder(&self.paths, wanted)? {
            Holder::Found(events) => (events, None),
            Holder::Dropped(oldest) => {
                let lost = overrun(&self.paths, wanted, oldest.base);
                (oldest, Some(lost))
            }
        };
        // A file that ends before `wanted` was begun anew by a person: all of it is news.
        let offset =
            if wanted > events.end(&self.paths.current)? { 0 } else { wanted.saturating_sub(events.base) };
        self.next_read = offset.max(events.header);
        self.events = events;
        self.buffer.clear();
        self.given = 0;
        self.watch_current()?;
        lost.map_or(Ok(()), Err)
    }

    /// Watches the file that is current now. If that is not the one being read, the end of that one leads to another call.
    fn watch_current(&mut self) -> Result<()> {
        let Some(watch) = self.watch.take() else { return Ok(()) };
        let watched = self.watch_with(&watch);
        self.watch = Some(watch);
        watched
    }

    fn watch_with(&mut self, instance: &Watch) -> Result<()> {
        let path = &self.paths.current;
        let watch = instance.add_file(path).map_err(|error| JournalError::file("watch", path, error))?;
        if let Some(old) = self.watched.replace(watch).filter(|&old| old != watch) {
            instance.remove(old).map_err(|error| JournalError::file("stop watching", path, error))?;
        }
        Ok(())
    }

    fn failed(&self, verb: &'static str, error: std::io::Error) -> JournalError {
        JournalError::file(verb, &self.paths.current, error)
    }

    fn damaged(&self, sequence: Sequence, error: &serde_json::Error) -> JournalError {
        JournalError::Damaged {
            path: self.paths.current.clone(),
            offset: sequence.0 - self.events.base,
            reason: format!("not an event that this version knows ({error})"),
        }
    }
}

/// The file in which a position lies.
enum Holder {
    Found(EventFile),
    /// The position is no longer kept; this is the oldest file that is.
    Dropped(EventFile),
}

fn holder(paths: &Paths, position: u64) -> Result<Holder> {
    loop {
        let current = EventFile::current(&paths.current, None)?;
        if current.base <= position {
            return Ok(Holder::Found(current));
        }
        let Some(previous) = EventFile::previous(&paths.previous)? else {
            return Ok(Holder::Dropped(current));
        };
        if previous.base <= position {
            if previous.end(&paths.previous)? > position {
                return Ok(Holder::Found(previous));
            }
            // It ends before the current file begins: both were replaced between the two openings, or it lost its tail
            // with the power.
            if is_at(current.file.as_fd(), &paths.current)? {
                return Ok(Holder::Dropped(current));
            }
        } else {
            return Ok(Holder::Dropped(previous));
        }
    }
}

fn overrun(paths: &Paths, wanted: u64, oldest: u64) -> JournalError {
    JournalError::Overrun { path: paths.current.clone(), wanted, oldest }
}

/// The offset behind the last newline of a file; there is at least the one of the first line.
fn last_line_end(events: &EventFile, path: &Path) -> Result<u64> {
    let failed = |error| JournalError::file("read", path, error);
    let mut end = events.file.metadata().map_err(failed)?.len();
    while end > events.header {
        let start = end.saturating_sub(BLOCK as u64).max(events.header);
        let mut block = vec![0; (end - start) as usize];
        events.file.read_exact_at(&mut block, start).map_err(failed)?;
        if let Some(newline) = frame::last_newline(&block) {
            return Ok(start + newline as u64 + 1);
        }
        end = start;
    }
    Ok(events.header)
}
