//! What a container wrote, from its log; followed until it ends.

use corten_logs::{Entry, LogReader, Query};
use corten_spec::id::ContainerId;

use super::{Containers, Inner};
use crate::error::EngineError;
use crate::events::Subscription;
use crate::task::blocking;
use crate::wake::{self, Changes};

/// What is asked of a log.
pub type LogQuery = Query;

/// A log that is being read.
#[derive(Debug)]
pub struct LogStream {
    reader: LogReader,
    /// Whether the container has a terminal: its output is then shown without frames.
    pub tty: bool,
    follow: Option<Follow>,
}

#[derive(Debug)]
struct Follow {
    id: ContainerId,
    changes: Changes,
    events: Subscription,
}

impl Containers {
    /// Opens a container's log.
    ///
    /// # Errors
    /// Not found; conflict when nothing of its output is kept.
    pub async fn logs(&self, reference: &str, query: LogQuery) -> Result<LogStream, EngineError> {
        // Registered before the state is looked at: an end in between is not missed.
        let events = self.inner.events.subscribe()?;
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        let (reader, container) = blocking(move || inner.open_log(&reference, query)).await?;
        let follow = if reader.follows() && container.state.is_running() {
            events.watch();
            let changes = wake::changes(reader.as_fd(), "the log")?;
            Some(Follow { changes, id: container.id.clone(), events })
        } else {
            None
        };
        Ok(LogStream { reader, tty: container.config.streams.tty, follow })
    }
}

impl Inner {
    /// The log driver of containers that name none; what is wrong with the configuration is told where it is needed.
    pub(crate) fn default_log_driver(&self) -> String {
        let configured = self.budget.settings.container_defaults().unwrap_or_default().log_driver;
        if configured.is_empty() { "json-file".to_owned() } else { configured }
    }

    fn open_log(&self, reference: &str, query: Query) -> Result<(LogReader, super::Container), EngineError> {
        let container = self.find(reference)?;
        match container.config.host.log.driver.as_str() {
            "none" => return Err(unreadable("")),
            "journald" => {
                let id = &container.id;
                return Err(unreadable(&format!(
                    ": `journalctl CONTAINER_ID_FULL={id}` shows what it wrote"
                )));
            }
            _ => {}
        }
        Ok((LogReader::open(&self.home.log(&container.id), query)?, container))
    }
}

fn unreadable(hint: &str) -> EngineError {
    EngineError::NotImplemented(format!("configured logging driver does not support reading{hint}"))
}

impl LogStream {
    /// The next entry that is there already.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn next_entry(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        Ok(self.reader.next()?)
    }

    /// Waits until there may be more; false when there will be none.
    ///
    /// # Errors
    /// When the event file cannot be watched any more.
    pub async fn more(&mut self) -> Result<bool, EngineError> {
        if self.reader.is_finished() {
            return Ok(false);
        }
        let Some(follow) = &mut self.follow else { return Ok(false) };
        tokio::select! {
            _ = follow.changes.wait() => {}
            event = follow.events.next() => {
                // After the end, or when events were missed, one more look shows the rest.
                let ended = event.is_none_or(|event| {
                    event.actor == follow.id.as_str() && matches!(event.action.as_str(), "die" | "destroy")
                });
                if ended {
                    self.follow = None;
                }
            }
        }
        Ok(true)
    }
}
