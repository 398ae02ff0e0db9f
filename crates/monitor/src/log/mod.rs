//! The container's log, where it has one.
//!
//! A log that cannot be written (a full disk, a journal that is gone) costs the output, never the container: the next bytes are tried again,
//! and what was lost is counted.

mod file;
mod journal;
mod means;

use corten_logs::Dropped;
use serde::{Deserialize, Serialize};

use self::file::{FileLog, SavedFile};
use self::journal::{JournalLog, SavedJournal};
pub(crate) use self::means::{Means, SavedMeans};
use crate::moment::Moment;
use crate::poll::PollSet;
use crate::protocol::{LogGap, LogPlan, Paths};
use crate::streams::Source;

/// Where output is kept.
#[derive(Debug)]
pub(crate) enum Log {
    /// Nowhere.
    None,
    /// In files of the container's directory.
    File(FileLog),
    /// In the system's journal.
    Journal(JournalLog),
}

/// What the successor of this program has to know.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedLog {
    file: SavedFile,
    journal: SavedJournal,
    trouble: Trouble,
}

/// What was lost, and why.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Trouble {
    dropped: Dropped,
    failure: Option<String>,
}

impl Log {
    /// As planned, by what was made ready for it.
    pub(crate) fn open(plan: &LogPlan, paths: &Paths, means: Means) -> Self {
        let mut log = Self::restore(plan, paths, SavedLog::default(), means);
        if let Self::File(file) = &mut log {
            file.begin();
        }
        log
    }

    /// As planned, going on where a predecessor was.
    pub(crate) fn restore(plan: &LogPlan, paths: &Paths, saved: SavedLog, means: Means) -> Self {
        let SavedLog { file, journal, trouble } = saved;
        match (plan, means.socket) {
            (LogPlan::None, _) | (LogPlan::Journald(_), None) => Self::None,
            (LogPlan::JsonFile(plan), _) => {
                Self::File(FileLog::restore(plan, paths, file, trouble, means.compressor))
            }
            (LogPlan::Journald(plan), Some(socket)) => {
                Self::Journal(JournalLog::restore(plan, socket, journal, trouble))
            }
        }
    }

    /// What a successor goes on with.
    pub(crate) fn save(&self) -> SavedLog {
        match self {
            Self::None => SavedLog::default(),
            Self::File(log) => {
                let (file, trouble) = log.save();
                SavedLog { file, trouble, ..SavedLog::default() }
            }
            Self::Journal(log) => {
                let (journal, trouble) = log.save();
                SavedLog { journal, trouble, ..SavedLog::default() }
            }
        }
    }

    /// Adds output.
    pub(crate) fn write(&mut self, source: Source, bytes: &[u8]) {
        match self {
            Self::None => {}
            Self::File(log) => log.write(source, bytes),
            Self::Journal(log) => log.write(source, bytes),
        }
    }

    /// Writes what waits for the end of its line: nothing more comes.
    pub(crate) fn finish(&mut self) {
        match self {
            Self::None => {}
            Self::File(log) => log.finish(),
            Self::Journal(log) => log.finish(),
        }
    }

    /// Whether no more output is to be read before something of it is taken.
    pub(crate) fn is_behind(&self) -> bool {
        matches!(self, Self::Journal(log) if log.is_behind())
    }

    /// When [`Log::expire`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        match self {
            Self::Journal(log) => log.deadline(),
            _ => None,
        }
    }

    /// Tries again what is due.
    pub(crate) fn expire(&mut self, now: Moment) {
        if let Self::Journal(log) = self {
            log.expire(now);
        }
    }

    /// Adds what is worth waiting for.
    pub(crate) fn register<'a>(&'a self, set: &mut PollSet<'a>) {
        if let Self::File(log) = self {
            log.register(set);
        }
    }

    /// The compressor has said something.
    pub(crate) fn hear_compressor(&mut self) {
        if let Self::File(log) = self {
            log.hear_compressor();
        }
    }

    /// What it works with, as that crosses a re-execution.
    pub(crate) fn means<'a>(&'a self, outgoing: &mut crate::reexecution::Outgoing<'a>) -> SavedMeans {
        match self {
            Self::None => SavedMeans::default(),
            Self::File(log) => SavedMeans::of_file(log.compressor(), outgoing),
            Self::Journal(log) => SavedMeans::of_journal(log.socket(), outgoing),
        }
    }

    /// Leaves nothing behind but the log.
    pub(crate) fn close(self) {
        if let Self::File(log) = self {
            log.close();
        }
    }

    /// Why output was lost, if some was.
    pub(crate) fn failure(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::File(log) => log.failure(),
            Self::Journal(log) => log.failure(),
        }
    }

    /// What was lost, if something was.
    pub(crate) fn gap(&self) -> Option<LogGap> {
        let Dropped { entries, bytes } = match self {
            Self::None => return None,
            Self::File(log) => log.dropped(),
            Self::Journal(log) => log.dropped(),
        };
        let reason = self.failure()?.to_owned();
        (entries > 0).then_some(LogGap { entries, bytes, reason })
    }

    /// What is told after the end, where some processes still had outputs open.
    pub(crate) fn final_gap(&self, held_open: &[Source]) -> Option<LogGap> {
        if matches!(self, Self::None) {
            return None;
        }
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
