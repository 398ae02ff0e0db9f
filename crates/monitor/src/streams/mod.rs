//! The standard streams of one process and everybody who is attached to them.

mod attached;
mod input;
mod multiplexer;
mod saved;
mod source;

pub(crate) use multiplexer::{Ends, Multiplexer};
pub(crate) use saved::SavedStreams;
pub(crate) use source::Source;
