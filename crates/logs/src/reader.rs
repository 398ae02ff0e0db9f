//! Reading a container's log, once or for as long as it grows, across rotation.
//!
//! It does not wait: the caller polls the descriptor.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use corten_journal::Watch;

use crate::decode::{self, Clock, Facts};
use crate::files::{self, Identity, LogFile};
use crate::{Entry, LogError, Query, Result, scan, seek, tail};

/// How much is read at once.
const BLOCK: usize = 64 * 1024;

/// A position in a log.
#[derive(Debug)]
pub struct LogReader {
    path: PathBuf,
    query: Query,
    /// What is still to be read, the oldest first; the first is being read.
    files: VecDeque<LogFile>,
    /// What was read of it and not yet looked at: from `given` on.
    buffer: Vec<u8>,
    given: usize,
    /// The bytes of the entry that was given last.
    text: Vec<u8>,
    clock: Clock,
    /// Of a follower that got an inotify instance.
    watch: Option<Follow>,
    skipped: u64,
    ended: bool,
}

/// What wakes a follower.
#[derive(Debug)]
struct Follow {
    watch: Watch,
    /// The watch on the newest file.
    file: Option<i32>,
}

impl LogReader {
    /// A reader of the log at `path`, which need not exist: a container that wrote nothing has none. With
    /// [`Query::follow`] its directory has to.
    pub fn open(path: &Path, query: Query) -> Result<LogReader> {
        let failed = |error| LogError::new("open", path, error);
        let watch = if query.follow { Follow::new(path)? } else { None };
        let mut files = match files::open_all(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            files => files.map_err(failed)?,
        };
        if let Some(wanted) = query.tail {
            tail::place(&mut files, wanted).map_err(|error| LogError::new("read", path, error))?;
        }
        if let Some(since) = query.since {
            seek::skip_older(&mut files, since).map_err(|error| LogError::new("read", path, error))?;
        }
        let mut reader = LogReader {
            path: path.to_owned(),
            query,
            files: files.into(),
            buffer: Vec::new(),
            given: 0,
            text: Vec::new(),
            clock: Clock::default(),
            watch,
            skipped: 0,
            ended: false,
        };
        reader.watch_current()?;
        Ok(reader)
    }

    /// The next entry; `None` at the end. A follower polls [`LogReader::as_fd`] then, or waits a while, and calls again.
    #[expect(
        clippy::should_implement_trait,
        reason = "an entry borrows the reader, and `None` is not always the end"
    )]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>> {
        while !self.ended {
            while let Some(line) = self.take_line() {
                let begin = line.start;
                let facts = decode::entry(&self.buffer[line], &mut self.clock, &mut self.text);
                let Some(Facts { stream, at, attributes }) = facts else {
                    self.skipped += 1;
                    continue;
                };
                if self.query.until.is_some_and(|until| at > until) {
                    self.ended = true;
                    return Ok(None);
                }
                if self.query.since.is_none_or(|since| at >= since) && self.query.streams.contain(stream) {
                    let attributes = &self.buffer[begin + attributes.start..begin + attributes.end];
                    return Ok(Some(Entry { stream, at, bytes: &self.text, attributes }));
                }
            }
            if !self.fill()? && !self.go_on()? {
                break;
            }
        }
        Ok(None)
    }

    /// Whether there may be more later.
    pub fn follows(&self) -> bool {
        self.query.follow
    }

    /// Becomes readable when there may be more; `None` unless the query was to follow, or where the user has no inotify instance left.
    pub fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.watch.as_ref().map(|follow| follow.watch.as_fd())
    }

    /// Whether an entry newer than [`Query::until`] was met: no more will be given, however long one waits.
    pub fn is_finished(&self) -> bool {
        self.ended
    }

    /// How many lines so far were no entries: torn by the death of a writer, or written by somebody else.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Takes a whole line off the buffer: where it is in there.
    fn take_line(&mut self) -> Option<std::ops::Range<usize>> {
        loop {
            let start = self.given;
            let length = scan::newline(&self.buffer[start..])?;
            self.given = start + length + 1;
            // An empty line is what a writer puts behind a torn one.
            if length > 0 {
                return Some(start..start + length);
            }
        }
    }

    /// Reads on in the present file; `false` at its end.
    fn fill(&mut self) -> Result<bool> {
        let Some(present) = self.files.front_mut() else { return Ok(false) };
        self.buffer.drain(..self.given);
        self.given = 0;
        // Who does not follow gets what was there at the beginning, and so an end.
        let left = if self.query.follow { u64::MAX } else { present.size.saturating_sub(present.offset) };
        let kept = self.buffer.len();
        self.buffer.resize(kept + BLOCK.min(usize::try_from(left).unwrap_or(BLOCK)), 0);
        let read = present.read(&mut self.buffer[kept..]);
        self.buffer.truncate(kept + *read.as_ref().unwrap_or(&0));
        Ok(read.map_err(|error| LogError::new("read", &self.path, error))? > 0)
    }

    /// At the end of a file: whether there is more to read after all, or in another file.
    fn go_on(&mut self) -> Result<bool> {
        if self.files.len() > 1 {
            self.leave_file()?;
            return Ok(true);
        }
        if !self.query.follow {
            return Ok(false);
        }
        if let Some(follow) = &self.watch {
            // In this order: what comes after the drain makes the descriptor readable, what came before it is read.
            if follow.watch.drain().map_err(|error| self.failed("watch", error))? {
                self.reread_if_truncated()?;
                return Ok(true);
            }
        } else if self.reread_if_truncated()? {
            return Ok(true);
        }
        let current = files::current(&self.path).map_err(|error| self.failed("stat", error))?;
        if current == self.files.front().map(|file| file.identity) {
            return Ok(false);
        }
        self.add_newer_files(current)
    }

    /// A person may empty a log in place; a writer then begins again at its start. Whether that has happened.
    fn reread_if_truncated(&mut self) -> Result<bool> {
        let Some(present) = self.files.front_mut() else { return Ok(false) };
        let size = present.current_size().map_err(|error| LogError::new("stat", &self.path, error))?;
        let truncated = size < present.offset;
        if truncated {
            present.offset = 0;
            self.buffer.clear();
            self.given = 0;
        }
        Ok(truncated)
    }

    /// Opens what came after the file being read, up to the one that has the log's name; whether there was anything.
    fn add_newer_files(&mut self, current: Option<Identity>) -> Result<bool> {
        let mut newer = match files::open_all(&self.path) {
            // The container and its directory are gone.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            files => files.map_err(|error| self.failed("open", error))?,
        };
        if let Some(present) = self.files.front() {
            let mut known = None;
            for (index, file) in newer.iter().enumerate() {
                if file.is_same_as(present).map_err(|error| self.failed("stat", error))? {
                    known = Some(index);
                }
            }
            match known {
                Some(index) => drop(newer.drain(..=index)),
                // It was the oldest and has been dropped, or somebody has removed it while there were older ones.
                None => {
                    keep_younger(&mut newer, present, current).map_err(|error| self.failed("stat", error))?;
                }
            }
        }
        let any = !newer.is_empty();
        self.files.extend(newer);
        self.watch_current()?;
        Ok(any)
    }

    /// Turns to the next file, unless somebody wrote to this one after its end was reached and before it was replaced.
    fn leave_file(&mut self) -> Result<()> {
        if let Some(present) = self.files.front().filter(|_| self.query.follow)
            && present.current_size().map_err(|error| self.failed("stat", error))? > present.offset
        {
            return Ok(());
        }
        self.drop_file();
        Ok(())
    }

    fn drop_file(&mut self) {
        // What is left over was never finished.
        if self.given < self.buffer.len() {
            self.skipped += 1;
        }
        self.buffer.clear();
        self.given = 0;
        self.files.pop_front();
    }

    /// Watches the file that is current now. If that is not the one being read, the end of that one leads here again.
    fn watch_current(&mut self) -> Result<()> {
        let Some(follow) = &mut self.watch else { return Ok(()) };
        let failed = |error| LogError::new("watch", &self.path, error);
        let file = match follow.watch.add_file(&self.path) {
            // Its directory is watched for it to appear.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            added => Some(added.map_err(failed)?),
        };
        if let Some(old) = std::mem::replace(&mut follow.file, file).filter(|&old| Some(old) != file) {
            follow.watch.remove(old).map_err(failed)?;
        }
        Ok(())
    }

    fn failed(&self, verb: &'static str, error: std::io::Error) -> LogError {
        LogError::new(verb, &self.path, error)
    }
}

/// Keeps the files that were written to since `other` was, and in any case the one that has the log's name: a clock may have been set.
fn keep_younger(files: &mut Vec<LogFile>, other: &LogFile, current: Option<Identity>) -> std::io::Result<()> {
    let since = other.modified()?;
    let mut first = files.len();
    while first > 0 {
        let file = &files[first - 1];
        let is_younger = file.modified()?.is_none_or(|at| Some(at) >= since);
        if !is_younger && Some(file.identity) != current {
            break;
        }
        first -= 1;
    }
    files.drain(..first);
    Ok(())
}

impl Follow {
    /// `None` where the user has no inotify instance left.
    fn new(path: &Path) -> Result<Option<Follow>> {
        let verb = "make an inotify instance to follow";
        let Some(watch) = Watch::new().map_err(|error| LogError::new(verb, path, error))? else {
            return Ok(None);
        };
        let directory = path.parent().unwrap_or(Path::new("."));
        watch.add_directory(directory).map_err(|error| LogError::new("watch", directory, error))?;
        Ok(Some(Follow { watch, file: None }))
    }
}
