//! Events for one client: first what the file still holds, then what comes, without a gap between the two.

use std::path::Path;
use std::time::Duration;

use corten_journal::{Event, EventReader};
use corten_spec::time::Timestamp;

use super::filter::EventFilter;
use crate::error::EngineError;
use crate::wake::{self, Changes};

/// What a client asks for.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// From when on; `None` = from now on.
    pub since: Option<Timestamp>,
    /// Until when; `None` = for ever.
    pub until: Option<Timestamp>,
    /// Which.
    pub filter: EventFilter,
}

/// A running query.
#[derive(Debug)]
pub struct EventStream {
    reader: EventReader,
    changes: Changes,
    query: EventQuery,
}

impl EventStream {
    pub(crate) fn open(root: &Path, query: EventQuery) -> Result<Self, EngineError> {
        let mut reader =
            if query.since.is_some() { EventReader::from_start(root)? } else { EventReader::at_end(root)? };
        let changes = wake::changes(reader.watch()?, "events")?;
        Ok(Self { reader, changes, query })
    }

    /// The next event; `None` once `until` has passed.
    ///
    /// # Errors
    /// When the event file cannot be read.
    pub async fn next(&mut self) -> Result<Option<Event>, EngineError> {
        loop {
            while let Some(event) = self.reader.next()? {
                if self.query.until.is_some_and(|until| event.at > until) {
                    return Ok(None);
                }
                if self.wanted(&event) {
                    return Ok(Some(event));
                }
            }
            if !self.more_to_come().await {
                return Ok(None);
            }
        }
    }

    fn wanted(&self, event: &Event) -> bool {
        self.query.since.is_none_or(|since| event.at >= since) && self.query.filter.matches(event)
    }

    /// Waits for the file to change; false when `until` came first.
    async fn more_to_come(&self) -> bool {
        match self.query.until {
            None => self.changes.wait().await,
            Some(until) => tokio::time::timeout(remaining(until), self.changes.wait()).await.unwrap_or(false),
        }
    }
}

/// How long it is until a moment; nothing for one that has passed.
fn remaining(until: Timestamp) -> Duration {
    let now = crate::clock::now();
    let nanos = until.as_nanos().saturating_sub(now.as_nanos());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}
