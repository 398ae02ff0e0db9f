//! Stopping and restarting: the container's own signal, a time to react, then SIGKILL. The monitor keeps the time.

use std::collections::BTreeMap;
use std::time::Duration;

use corten_monitor::protocol::Request;

use super::kill::{SIGKILL, SIGTERM, parse_signal};
use super::record::Container;
use super::start::StartOutcome;
use super::wait::WaitCondition;
use super::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// Docker's default grace in seconds.
const DEFAULT_GRACE: i64 = 10;

/// How to stop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StopRequest {
    /// Instead of the container's own; empty = the container's own.
    pub signal: String,
    /// Seconds, instead of the container's own; negative = for ever.
    pub timeout: Option<i64>,
}

/// How long the monitor of a stopped container may take to let go of it.
const RELEASE_PATIENCE: Duration = Duration::from_secs(1);

impl Containers {
    /// Stops a container and waits for its end. False when it did not run.
    ///
    /// # Errors
    /// Not found; a signal that there is none of.
    pub async fn stop(&self, reference: &str, request: StopRequest) -> Result<bool, EngineError> {
        let waiter = self.wait(reference, WaitCondition::NotRunning).await?;
        let (inner, wanted) = (self.inner.clone(), reference.to_owned());
        if !blocking(move || inner.ask_to_stop(&wanted, &request)).await? {
            return Ok(false);
        }
        waiter.finish().await?;
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        // It has stopped, and that is the answer; a lease that stays is given back by the next start, or by `system settle`.
        let _ = blocking(move || inner.release_network_within(&reference, RELEASE_PATIENCE)).await;
        Ok(true)
    }

    /// Stops a container if it runs, and starts it.
    ///
    /// # Errors
    /// As stopping and starting do.
    pub async fn restart(&self, reference: &str, request: StopRequest) -> Result<StartOutcome, EngineError> {
        self.stop(reference, request).await?;
        let outcome = self.start(reference).await?;
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || inner.tell(&inner.find(&reference)?, "restart", BTreeMap::new())).await?;
        Ok(outcome)
    }
}

impl Inner {
    /// False when it does not run. The monitor tells of the signals, and of the stop with the end.
    fn ask_to_stop(&self, reference: &str, request: &StopRequest) -> Result<bool, EngineError> {
        let container = self.find(reference)?;
        let (signal, grace_ms) = stop_of(&container, request)?;
        if container.is_restarting() && self.cancel_restart(&container)? {
            self.tell(&container, "stop", BTreeMap::new())?;
            return Ok(true);
        }
        // It may have come back meanwhile.
        let container = if container.is_restarting() { self.find_again(&container.id)? } else { container };
        if !container.state.is_running() {
            return Ok(false);
        }
        if container.state.paused {
            self.thaw(&container)?;
        }
        self.note_stop(&container, false)?;
        self.send(&container, "stop", Request::Stop { signal, grace_ms })?;
        Ok(true)
    }
}

/// The first signal and the milliseconds before SIGKILL. Without any time, SIGKILL is the first.
pub(super) fn stop_of(
    container: &Container,
    request: &StopRequest,
) -> Result<(i32, Option<u64>), EngineError> {
    let own = parse_signal(&container.config.stop_signal, SIGTERM)?;
    let signal = parse_signal(&request.signal, own)?;
    let grace = request.timeout.or(container.config.stop_timeout).unwrap_or(DEFAULT_GRACE);
    let grace_ms = u64::try_from(grace).ok().map(|seconds| seconds.saturating_mul(1000));
    Ok((if grace == 0 { SIGKILL } else { signal }, grace_ms))
}
