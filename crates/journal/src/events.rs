//! The event file of a root: what happened, for whoever wants to know it now or read it later.
//!
//! `<root>/events` is appended to; `<root>/events.1` is its predecessor. The first line of a file says at which position it
//! begins; the position of a record, its sequence number, is that plus the record's offset. So numbers grow across rotation
//! without any counter that writers would have to agree on.

pub(crate) mod event;
pub(crate) mod file;
pub(crate) mod log;
pub(crate) mod reader;

#[cfg(test)]
mod tests;
