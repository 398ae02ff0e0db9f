//! The client of the Engine API over any byte stream.
//!
//! It does not choose a host, print, or read the environment: a [`Connector`] gives it connections.

mod body;
mod client;
mod connections;
mod connector;
mod error;
mod hijack;
mod json_stream;
mod operations;
mod request;
mod stdcopy;

pub use client::Client;
pub use connector::{Connecting, Connector, Program, Stream, Tcp, Tls, TlsError, TlsMaterial, UnixSocket};
pub use error::Error;
pub use hijack::{Hijacked, HijackedReader, HijackedWriter};
pub use json_stream::JsonStream;
pub use operations::{
    AttachQuery, ByteStream, CommitQuery, EventsQuery, ImportQuery, ListQuery, LogsQuery, PendingWait, Ping,
    RemoveQuery, WaitCondition,
};
pub use stdcopy::{Channel, Demultiplexer, Frames};
