//! An event as it is written and as it is read.
//!
//! The words (`die`, `oom`, which attributes) are the engine's and the monitor's.

use std::collections::BTreeMap;

use corten_spec::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that happened, not yet in the event file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// When.
    pub at: Timestamp,
    /// To what kind of thing: `container`, `image` …
    pub kind: String,
    /// What: `start`, `die` …
    pub action: String,
    /// The id of the thing.
    pub actor: String,
    /// What else is known about it.
    pub attributes: BTreeMap<String, String>,
}

/// The position of an event. Later events have greater ones; nothing else follows from the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub u64);

/// An event of the event file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where it stands.
    pub sequence: Sequence,
    /// When it happened.
    pub at: Timestamp,
    /// To what kind of thing.
    pub kind: String,
    /// What happened.
    pub action: String,
    /// The id of the thing.
    pub actor: String,
    /// What else is known about it.
    pub attributes: BTreeMap<String, String>,
}

impl Event {
    pub(crate) fn new(sequence: Sequence, event: NewEvent) -> Event {
        let NewEvent { at, kind, action, actor, attributes } = event;
        Event { sequence, at, kind, action, actor, attributes }
    }
}
