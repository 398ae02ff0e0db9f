//! A log in files.

use std::os::fd::AsFd as _;
use std::path::PathBuf;

use corten_logs::{Dropped, LogError, LogWriter, Rotation, Unfinished, publish};
use rustix::event::PollFlags;
use serde::{Deserialize, Serialize};

use super::Trouble;
use crate::clock;
use crate::compressor::{Answer, Compressor};
use crate::poll::{PollSet, Token};
use crate::protocol::{JsonFile, Paths};
use crate::streams::Source;

/// The log's name in the container's directory.
const NAME: &str = "log";

/// Where it is.
pub(super) fn path(paths: &Paths) -> PathBuf {
    paths.container.join(NAME)
}

/// See the module.
#[derive(Debug)]
pub(crate) struct FileLog {
    writer: LogWriter,
    compressor: Option<Compressor>,
    failure: Option<String>,
}

/// What a successor goes on with.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SavedFile {
    unfinished: Unfinished,
}

impl FileLog {
    /// Its file appears with its first byte, or is continued.
    pub(super) fn restore(
        plan: &JsonFile,
        paths: &Paths,
        saved: SavedFile,
        trouble: Trouble,
        compressor: Option<Compressor>,
    ) -> Self {
        let rotation = Rotation { max_size: plan.max_size, max_files: plan.max_files };
        let writer = LogWriter::create(&path(paths), rotation)
            .with_attributes(&plan.attributes)
            .with_patience(usize::try_from(plan.patience).unwrap_or(usize::MAX))
            .continuing(saved.unfinished, trouble.dropped);
        let writer = if plan.all_bytes { writer.with_all_bytes() } else { writer };
        Self { writer, compressor, failure: trouble.failure }
    }

    /// Has compressed what an earlier run had no time for.
    pub(super) fn begin(&mut self) {
        self.compressor.iter_mut().for_each(Compressor::wake);
    }

    pub(super) fn save(&self) -> (SavedFile, Trouble) {
        let trouble = Trouble { dropped: self.writer.dropped(), failure: self.failure.clone() };
        (SavedFile { unfinished: self.writer.unfinished().clone() }, trouble)
    }

    pub(super) fn write(&mut self, source: Source, bytes: &[u8]) {
        let written = self.writer.write(source.into(), bytes, clock::now());
        self.note(written);
        if self.writer.has_rotated() {
            self.compressor.iter_mut().for_each(Compressor::wake);
        }
    }

    pub(super) fn finish(&mut self) {
        let written = self.writer.flush_partial();
        self.note(written);
    }

    fn note(&mut self, written: Result<(), LogError>) {
        if let Err(error) = written {
            self.failure = Some(corten_error::chain(&error));
        }
    }

    pub(super) fn register<'a>(&'a self, set: &mut PollSet<'a>) {
        if let Some(compressor) = &self.compressor {
            set.add(compressor.as_fd(), PollFlags::IN, Token::Compressor);
        }
    }

    pub(super) fn hear_compressor(&mut self) {
        let Some(compressor) = &mut self.compressor else { return };
        match compressor.answer() {
            Answer::None | Answer::Idle => {}
            Answer::Packed(packed) => {
                // What did not get its name is compressed again when the next file is there.
                match publish(self.writer.path(), packed) {
                    Ok(_) => compressor.wake(),
                    Err(error) => self.failure = Some(corten_error::chain(&error)),
                }
            }
            Answer::Gone => self.compressor = None,
        }
    }

    pub(super) fn compressor(&self) -> Option<&Compressor> {
        self.compressor.as_ref()
    }

    pub(super) fn close(self) {
        if let Some(compressor) = self.compressor {
            compressor.end();
        }
    }

    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    pub(super) fn dropped(&self) -> Dropped {
        self.writer.dropped()
    }
}
