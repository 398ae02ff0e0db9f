//! The bridge from asynchronous callers to the engine's blocking work: the database, the file system, a monitor's answer.

use crate::error::EngineError;

/// Runs blocking work on a thread that may block.
///
/// # Errors
/// What the work returns, or [`EngineError::TaskCancelled`] when the process is shutting down.
pub(crate) async fn blocking<T, F>(work: F) -> Result<T, EngineError>
where
    F: FnOnce() -> Result<T, EngineError> + Send + 'static,
    T: Send + 'static,
{
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(EngineError::TaskCancelled))
}
