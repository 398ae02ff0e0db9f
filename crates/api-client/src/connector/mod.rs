//! Where connections come from.

mod program;
mod tcp;
mod tls;
mod unix;

use std::future::Future;
use std::io;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};

pub use program::Program;
pub use tcp::Tcp;
pub use tls::{Tls, TlsError, TlsMaterial};
pub use unix::UnixSocket;

/// A connection: any byte stream whose write side can be shut down alone.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

/// A connection under way.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send + 'a>>;

/// Makes connections to one engine.
pub trait Connector: Send + Sync + 'static {
    /// Opens a new connection.
    fn connect(&self) -> Connecting<'_>;

    /// The engine's address as messages name it, `unix:///run/corten/corten.sock`.
    fn address(&self) -> &str;

    /// What requests call the engine's host. HTTP/1.1 wants a name where the transport has none, too.
    fn authority(&self) -> &str {
        "api.corten.localhost"
    }

    /// What stands before the path of every request, `/engine`.
    fn prefix(&self) -> &str {
        ""
    }

    /// Whether a connection costs more than a request, so that it is kept for the next one.
    fn is_costly(&self) -> bool {
        false
    }
}
