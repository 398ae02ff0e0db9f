//! The container's log, where it has one.
//!
//! A log that cannot be written (a full disk) costs the output, never the container: the next bytes are tried again.

use crate::clock;
use corten_logs::{LogWriter, Rotation};

use crate::protocol::{LogPlan, Paths};
use crate::streams::Source;

/// The log's name in the container's directory.
const NAME: &str = "log";

/// Where output is kept.
#[derive(Debug)]
pub(crate) struct Log {
    writer: Option<LogWriter>,
    failure: Option<String>,
}

impl Log {
    /// As planned; its file appears with its first byte, or is continued.
    pub(crate) fn open(plan: &LogPlan, paths: &Paths) -> Self {
        let writer = match plan {
            LogPlan::None => None,
            LogPlan::JsonFile { max_size, max_files, attributes } => {
                let rotation = Rotation { max_size: *max_size, max_files: *max_files };
                let writer = LogWriter::create(&paths.container.join(NAME), rotation);
                Some(writer.with_attributes(attributes))
            }
        };
        Self { writer, failure: None }
    }

    /// Adds output.
    pub(crate) fn write(&mut self, source: Source, bytes: &[u8]) {
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.write(source.into(), bytes, clock::now())
        {
            self.failure = Some(corten_error::chain(&error));
        }
    }

    /// Writes what waits for the end of its line.
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
}
