//! Points in time as the field writes them: RFC 3339 with nanoseconds, as Go prints it.
//! The clock is never read here, and no time zone but UTC and given offsets is known.

mod civil;
mod format;
mod parse;
mod since;
mod timestamp;

pub use format::FIXED_LEN;
pub use parse::{TimeError, parse_rfc3339, parse_unix};
pub use since::{SinceError, parse_since, parse_since_at};
pub use timestamp::Timestamp;
