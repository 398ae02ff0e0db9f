//! Descriptors of blocking-free readers (inotify, a monitor's socket), as something that an asynchronous task can wait for.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

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

/// How often is looked at a file that the kernel does not tell of.
const LOOK: Duration = Duration::from_millis(100);

/// Changes of a file that is followed: by the descriptor of its reader, or where that could get none, by the clock.
///
/// Must be called within the asynchronous runtime. `purpose` says in errors what is waited for.
pub(crate) fn changes(told: Option<BorrowedFd<'_>>, purpose: &str) -> Result<Changes, EngineError> {
    Ok(match told {
        Some(descriptor) => Changes::Told(readable(descriptor, purpose)?),
        None => Changes::LookedFor,
    })
}

/// What wakes whoever follows a file.
#[derive(Debug)]
pub(crate) enum Changes {
    /// The kernel tells of them.
    Told(Wake),
    /// Nobody does.
    LookedFor,
}

impl Changes {
    /// Waits until there may be one; false when the runtime is shutting down.
    pub(crate) async fn wait(&self) -> bool {
        match self {
            Self::Told(wake) => wake.wait().await,
            Self::LookedFor => {
                tokio::time::sleep(LOOK).await;
                true
            }
        }
    }
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
