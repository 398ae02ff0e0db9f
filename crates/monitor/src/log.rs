//! The container's log, where it has one.
//!
//! A log that cannot be written (a full disk) costs the output, never the container: the next bytes are tried again, and what was lost is
//! counted.

use std::os::fd::AsFd as _;
use std::path::PathBuf;

use corten_logs::{Dropped, LogWriter, Rotation, Unfinished, publish};
use rustix::event::PollFlags;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::compressor::{Answer, Compressor};
use crate::poll::{PollSet, Token};
use crate::protocol::{LogGap, LogPlan, Paths};
use crate::streams::Source;

/// The log's name in the container's directory.
const NAME: &str = "log";

/// Where it is.
pub(crate) fn path(paths: &Paths) -> PathBuf {
    paths.container.join(NAME)
}

/// Where output is kept.
#[derive(Debug)]
pub(crate) struct Log {
    writer: Option<LogWriter>,
    compressor: Option<Compressor>,
    failure: Option<String>,
}

/// What the successor of this program has to know.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct SavedLog {
    unfinished: Unfinished,
    dropped: Dropped,
    failure: Option<String>,
}

impl Log {
    /// As planned; its file appears with its first byte, or is continued.
    pub(crate) fn open(plan: &LogPlan, paths: &Paths, compressor: Option<Compressor>) -> Self {
        let mut log = Self::restore(plan, paths, SavedLog::default(), compressor);
        // What an earlier run had no time for.
        log.compressor.iter_mut().for_each(Compressor::wake);
        log
    }

    /// As planned, going on where a predecessor was.
    pub(crate) fn restore(
        plan: &LogPlan,
        paths: &Paths,
        saved: SavedLog,
        compressor: Option<Compressor>,
    ) -> Self {
        let writer = match plan {
            LogPlan::None => None,
            LogPlan::JsonFile { max_size, max_files, attributes, .. } => {
                let rotation = Rotation { max_size: *max_size, max_files: *max_files };
                let writer = LogWriter::create(&path(paths), rotation);
                Some(writer.with_attributes(attributes).continuing(saved.unfinished, saved.dropped))
            }
        };
        Self { writer, compressor, failure: saved.failure }
    }

    /// What a successor goes on with.
    pub(crate) fn save(&self) -> SavedLog {
        let writer = self.writer.as_ref();
        SavedLog {
            unfinished: writer.map(|writer| writer.unfinished().clone()).unwrap_or_default(),
            dropped: writer.map(LogWriter::dropped).unwrap_or_default(),
            failure: self.failure.clone(),
        }
    }

    /// Adds output.
    pub(crate) fn write(&mut self, source: Source, bytes: &[u8]) {
        let Some(writer) = &mut self.writer else { return };
        if let Err(error) = writer.write(source.into(), bytes, clock::now()) {
            self.failure = Some(corten_error::chain(&error));
        }
        if writer.has_rotated() {
            self.compressor.iter_mut().for_each(Compressor::wake);
        }
    }

    /// Adds what is worth waiting for.
    pub(crate) fn register<'a>(&'a self, set: &mut PollSet<'a>) {
        if let Some(compressor) = &self.compressor {
            set.add(compressor.as_fd(), PollFlags::IN, Token::Compressor);
        }
    }

    /// The compressor has said something.
    pub(crate) fn hear_compressor(&mut self) {
        let (Some(compressor), Some(writer)) = (&mut self.compressor, &self.writer) else { return };
        match compressor.answer() {
            Answer::None | Answer::Idle => {}
            Answer::Packed(packed) => {
                // What did not get its name is compressed again when the next file is there.
                match publish(writer.path(), packed) {
                    Ok(_) => compressor.wake(),
                    Err(error) => self.failure = Some(corten_error::chain(&error)),
                }
            }
            Answer::Gone => self.compressor = None,
        }
    }

    /// The compressor, as it crosses a re-execution.
    pub(crate) fn compressor(&self) -> Option<&Compressor> {
        self.compressor.as_ref()
    }

    /// Leaves nothing behind but the log.
    pub(crate) fn close(self) {
        if let Some(compressor) = self.compressor {
            compressor.end();
        }
    }

    /// Writes what waits for the end of its line: nothing more comes.
    pub(crate) fn flush(&mut self) {
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.flush_partial()
        {
            self.failure = Some(corten_error::chain(&error));
        }
    }

    /// Why output was lost, if some was.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// What was lost, if something was.
    pub(crate) fn gap(&self) -> Option<LogGap> {
        let Dropped { entries, bytes } = self.writer.as_ref()?.dropped();
        let reason = self.failure.clone()?;
        (entries > 0).then_some(LogGap { entries, bytes, reason })
    }

    /// What is told after the end, where some processes still had outputs open.
    pub(crate) fn final_gap(&self, held_open: &[Source]) -> Option<LogGap> {
        self.writer.as_ref()?;
        let names: Vec<&str> = held_open.iter().map(|source| source.name()).collect();
        let held = format!("{} is still open in a process that outlives the container", names.join(" and "));
        match self.gap() {
            None if held_open.is_empty() => None,
            None => Some(LogGap { entries: 0, bytes: 0, reason: held }),
            Some(gap) if held_open.is_empty() => Some(gap),
            Some(gap) => Some(LogGap { reason: format!("{}; {held}", gap.reason), ..gap }),
        }
    }
}
