//! The time of day, for what is written down.

use std::time::SystemTime;

use corten_spec::time::Timestamp;

/// The present.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_system_time(SystemTime::now())
}
