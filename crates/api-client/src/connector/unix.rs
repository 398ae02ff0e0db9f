//! Engines behind a Unix socket.

use std::path::PathBuf;

use tokio::net::UnixStream;

use super::{Connecting, Connector, Stream};

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
