//! Journals of containers, the event file and file locks: what processes tell each other through the disk.
//!
//! It knows nothing of the state database: the per-container monitor links this crate and must stay small.

mod error;
mod events;
mod frame;
mod headroom;
mod lock;
mod mend;
mod reader;
mod record;
mod watch;
mod writer;

pub use error::JournalError;
pub use events::event::{Event, NewEvent, Sequence};
pub use events::log::EventLog;
pub use events::reader::EventReader;
pub use headroom::Headroom;
pub use lock::FileLock;
pub use mend::{mend_events, mend_journal};
pub use reader::JournalReader;
pub use record::Record;
pub use watch::Watch;
pub use writer::JournalWriter;

/// What the operations of this crate return.
pub type Result<T> = std::result::Result<T, JournalError>;
