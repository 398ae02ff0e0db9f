//! Descriptors of blocking-free readers (inotify, a monitor's socket), as something that an asynchronous task can wait for.

use std::os::fd::{AsFd, OwnedFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::error::EngineError;

/// Readable when `source` is; a duplicate, so that `source` stays with its reader.
///
/// Must be called within the asynchronous runtime. `purpose` says in errors what is waited for.
pub(crate) fn readable(source: impl AsFd, purpose: &str) -> Result<Wake, EngineError> {
    let failed = |source| EngineError::System { operation: format!("wait for {purpose}"), source };
    let duplicate = source.as_fd().try_clone_to_owned().map_err(failed)?;
    #[expect(
        deprecated,
        reason = "its successor is unsafe because of types whose descriptor can change; `OwnedFd` is none of them"
    )]
    AsyncFd::with_interest(duplicate, Interest::READABLE).map(Wake).map_err(failed)
}

/// Something to wait for.
#[derive(Debug)]
pub(crate) struct Wake(AsyncFd<OwnedFd>);

impl Wake {
    /// Waits until the descriptor has become readable since the last call; false when the runtime is shutting down.
    ///
    /// Whoever reads must read until there is nothing left before waiting again.
    pub(crate) async fn wait(&self) -> bool {
        match self.0.readable().await {
            Ok(mut ready) => {
                ready.clear_ready();
                true
            }
            Err(_) => false,
        }
    }
}
