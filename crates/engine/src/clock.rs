//! The present time in the engine's type.

use std::time::SystemTime;

use corten_spec::time::Timestamp;

/// Now.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_system_time(SystemTime::now())
}
