//! The control socket and the connections that come over it.

mod connections;
mod envelope;
mod listener;

pub(crate) use connections::{Connections, Received, STARTER};
pub(crate) use envelope::{document, parse, seal};
pub(crate) use listener::{Listener, PATIENCE_AFTER_FAILURE_MS, address, open_directory};
