//! Signals for a running container.

use std::time::{Duration, Instant};

use corten_monitor::client::{ClientError, Connection};
use corten_monitor::protocol::{Reply, Request};
use corten_spec::signal::Signal;

use super::record::Container;
use super::wait::WaitCondition;
use super::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// How long a monitor may take to answer. It never blocks, so this is only reached on a machine in trouble.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);

/// Until when a monitor may answer a question that is asked now.
pub(super) fn answer_deadline() -> Instant {
    Instant::now() + ANSWER_PATIENCE
}

pub(super) fn not_running(container: &Container) -> EngineError {
    EngineError::Conflict(format!("container {} is not running", container.id))
}

/// SIGKILL.
pub(super) const SIGKILL: i32 = 9;

impl Containers {
    /// Sends a signal (`""` = SIGKILL); returns when a killed container has ended.
    ///
    /// # Errors
    /// Not found; conflict when it does not run; a signal that there is none of.
    pub async fn kill(&self, reference: &str, signal: &str) -> Result<(), EngineError> {
        let signal = parse_signal(signal, SIGKILL)?;
        let waiter = self.wait(reference, WaitCondition::NotRunning).await?;
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || inner.signal(&reference, signal)).await?;
        if signal == SIGKILL {
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
    fn signal(&self, reference: &str, signal: i32) -> Result<(), EngineError> {
        let container = self.find(reference)?;
        if !container.state.is_running() {
            return Err(EngineError::Conflict(format!(
                "cannot kill container: {reference}: container {} is not running",
                container.id
            )));
        }
        if signal == SIGKILL {
            self.send_kill(&container)?;
        } else {
            self.send(&container, Request::Signal { signal, exec: None })?;
        }
        if container.state.paused && signal == SIGKILL {
            // On v1 a frozen process dies only once it is thawed.
            self.thaw(&container)?;
        }
        self.announce(&container, "kill", [("signal".to_owned(), signal.to_string())].into())
    }

    /// Kills a container on the way to its removal; one that ended meanwhile is as good.
    pub(super) fn kill_now(&self, container: &Container) -> Result<(), EngineError> {
        match self.send_kill(container) {
            // Frozen, and whoever did that may not have written it down.
            Ok(()) if self.cgroups.open(&self.cgroup_path(container))?.is_frozen().unwrap_or(false) => {
                self.thaw(container)
            }
            Ok(()) => self.announce(container, "kill", [("signal".to_owned(), SIGKILL.to_string())].into()),
            Err(_) if !self.find_again(&container.id)?.state.is_running() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Kills a container, if need be without its monitor: one whose socket was removed cannot be asked, but sees the end.
    fn send_kill(&self, container: &Container) -> Result<(), EngineError> {
        match self.send(container, Request::Signal { signal: SIGKILL, exec: None }) {
            Err(EngineError::Monitor(ClientError::Connect { .. })) => {
                Ok(self.cgroups.open(&self.cgroup_path(container))?.kill()?)
            }
            sent => sent,
        }
    }

    /// Asks a monitor for something that it answers with `Done`.
    pub(crate) fn send(&self, container: &Container, request: Request) -> Result<(), EngineError> {
        let asked = self
            .connect(container)
            .and_then(|mut connection| Ok(connection.request(request, &[], answer_deadline())?));
        match asked {
            Ok(Reply::Done) => Ok(()),
            Ok(other) => Err(unexpected(container, &other)),
            // Its monitor ended while we asked: what is to be said is that the container did.
            Err(_) if !self.find_again(&container.id)?.state.is_running() => Err(not_running(container)),
            Err(error) => Err(error),
        }
    }

    /// A connection to the monitor of a running container.
    pub(crate) fn connect(&self, container: &Container) -> Result<Connection, EngineError> {
        Ok(Connection::connect(&self.home.run_directory(&container.id))?)
    }
}

/// What a monitor answered instead.
pub(crate) fn unexpected(container: &Container, reply: &Reply) -> EngineError {
    match reply {
        Reply::Refused { message, .. } => EngineError::Conflict(message.clone()),
        other => {
            EngineError::Invalid(format!("the monitor of container {} answered {other:?}", container.id))
        }
    }
}
