//! Signals for a running container.

use std::time::{Duration, Instant};

use corten_monitor::client::ClientError;
use corten_monitor::protocol::Request;
use corten_spec::signal::Signal;

use super::record::Container;
use super::restart::is_request_to_end;
use super::wait::WaitCondition;
use super::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// How long a monitor may take to answer. It never blocks, so this is only reached on a machine in trouble.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);

/// Until when a monitor may answer a question that is asked now.
pub(crate) fn answer_deadline() -> Instant {
    Instant::now() + ANSWER_PATIENCE
}

pub(crate) fn not_running(container: &Container) -> EngineError {
    EngineError::Conflict(format!("container {} is not running", container.id))
}

/// Refuses what takes a running process of a container, in Docker's words.
///
/// # Errors
/// It does not run, or is about to come back.
pub(crate) fn require_running(container: &Container) -> Result<(), EngineError> {
    if container.is_restarting() {
        return Err(EngineError::Conflict(format!(
            "Container {} is restarting, wait until the container is running",
            container.id
        )));
    }
    if container.state.is_running() { Ok(()) } else { Err(not_running(container)) }
}

/// SIGKILL.
pub(super) const SIGKILL: i32 = 9;

/// SIGTERM.
pub(super) const SIGTERM: i32 = 15;

impl Containers {
    /// Sends a signal (`""` = SIGKILL); returns when a killed container has ended.
    ///
    /// # Errors
    /// Not found; conflict when it does not run; a signal that there is none of.
    pub async fn kill(&self, reference: &str, signal: &str) -> Result<(), EngineError> {
        let signal = parse_signal(signal, SIGKILL)?;
        let waiter = self.wait(reference, WaitCondition::NotRunning).await?;
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        if blocking(move || inner.signal(&reference, signal)).await? && signal == SIGKILL {
            waiter.finish().await?;
        }
        Ok(())
    }
}

/// A signal's number; `default` for an empty text.
pub(super) fn parse_signal(text: &str, default: i32) -> Result<i32, EngineError> {
    if text.is_empty() {
        return Ok(default);
    }
    let signal: Signal = text
        .parse()
        .map_err(|error: corten_spec::signal::InvalidSignal| EngineError::Invalid(error.to_string()))?;
    Ok(signal.number())
}

impl Inner {
    /// False when there is no process that could end of it: the container was about to come back.
    fn signal(&self, reference: &str, signal: i32) -> Result<bool, EngineError> {
        let container = self.find(reference)?;
        let own = parse_signal(&container.config.stop_signal, SIGTERM)?;
        let is_to_end = is_request_to_end(signal, own);
        if container.is_restarting() && (!is_to_end || self.cancel_restart(&container)?) {
            return Ok(false);
        }
        // It may have come back meanwhile.
        let container = if container.is_restarting() { self.find_again(&container.id)? } else { container };
        if !container.state.is_running() {
            return Err(not_running(&container));
        }
        if is_to_end {
            self.note_stop(&container, false)?;
        }
        if signal == SIGKILL {
            self.force_end(&container)?;
        } else {
            self.send(&container, "kill", Request::Signal { signal, exec: None })?;
        }
        Ok(true)
    }

    /// Kills a container on the way to its removal; one that ended meanwhile is as good.
    pub(super) fn kill_now(&self, container: &Container) -> Result<(), EngineError> {
        match self.force_end(container) {
            Err(_) if !self.find_again(&container.id)?.state.is_running() => Ok(()),
            done => done,
        }
    }

    /// SIGKILL, if need be without the monitor: one whose socket was removed cannot be asked, but sees the end; one that is stopped
    /// does not, and is ended after its container, so that the next to look can bury that.
    fn force_end(&self, container: &Container) -> Result<(), EngineError> {
        let asked = self.send(container, "kill", Request::Signal { signal: SIGKILL, exec: None });
        let cgroup = self.cgroups.open(&self.cgroup_path(container))?;
        let kill_unasked = || -> Result<(), EngineError> {
            self.tell(container, "kill", [("signal".to_owned(), SIGKILL.to_string())].into())?;
            Ok(cgroup.kill()?)
        };
        match asked {
            Err(EngineError::Asking { source: ClientError::Connect { .. }, .. }) => kill_unasked(),
            Err(
                EngineError::MonitorStopped { .. }
                | EngineError::Asking { source: ClientError::Deadline, .. },
            ) => {
                kill_unasked()?;
                self.end_stopped_monitor(container)?;
                self.find_again(&container.id).map(drop)
            }
            // On v1 a frozen process dies only once it is thawed; whoever froze it may not have written that down, and it may have
            // frozen itself.
            Ok(()) if cgroup.is_frozen().unwrap_or(false) => self.thaw(container),
            Ok(()) => Ok(cgroup.release_killed()?),
            asked => asked,
        }
    }
}
