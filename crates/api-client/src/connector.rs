//! Where connections come from; one is made per request.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;

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
}

/// An engine behind a Unix socket.
pub struct UnixSocket {
    path: PathBuf,
    address: String,
}

impl UnixSocket {
    /// The engine that listens at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let address = format!("unix://{}", path.display());
        Self { path, address }
    }
}

impl Connector for UnixSocket {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async {
            let stream = UnixStream::connect(&self.path).await?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }

    fn address(&self) -> &str {
        &self.address
    }
}
