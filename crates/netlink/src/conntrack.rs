//! Connections that the kernel tracks: forgetting those that a changed rule would not change.
//!
//! Rules of NAT see the first packet of a connection only. A datagram of a known "connection" still goes to a port's former
//! container, or to whoever had a container's address before.

mod constants;
mod entry;
mod filter;
mod socket;

pub use entry::{Entry, Tuple};
pub use filter::Filter;
pub use socket::ConntrackSocket;
