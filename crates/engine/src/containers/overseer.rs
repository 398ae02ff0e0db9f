//! The process that looks after a running container, seen from outside: asked over its socket, and recognised where it cannot
//! answer because somebody has stopped it.
//!
//! It starts none; what it is asked is its callers' business.

use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

use corten_monitor::client::{ClientError, Connection};
use corten_monitor::protocol::{Reply, Request};
use corten_sys::pidfd;
use corten_sys::process::status;

use super::Inner;
use super::kill::{answer_deadline, not_running};
use super::observe::open_init;
use super::record::Container;
use crate::error::EngineError;

/// How long a process may take to end after SIGKILL.
const END_PATIENCE: Duration = Duration::from_secs(10);

/// How often a process is looked at before it counts as stopped, and the time between two looks.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(5);

impl Inner {
    /// Asks a monitor for something that it answers with `Done`. `operation` is what errors call it.
    pub(crate) fn send(
        &self,
        container: &Container,
        operation: &'static str,
        request: Request,
    ) -> Result<(), EngineError> {
        let asked = self.connect(container, operation).and_then(|mut connection| {
            let answered = connection.request(request, &[], answer_deadline());
            answered.map_err(|source| asking(container, operation, source))
        });
        match asked {
            Ok(Reply::Done) => Ok(()),
            Ok(other) => Err(unexpected(container, &other)),
            // Its monitor ended while we asked: what is to be said is that the container did.
            Err(_) if !self.find_again(&container.id)?.state.is_running() => Err(not_running(container)),
            Err(error) => Err(error),
        }
    }

    /// A connection to the monitor of a running container.
    ///
    /// # Errors
    /// [`EngineError::MonitorStopped`] for one that would never answer; [`EngineError::Asking`] where there is none.
    pub(crate) fn connect(
        &self,
        container: &Container,
        operation: &'static str,
    ) -> Result<Connection, EngineError> {
        if let Some(pid) = stopped_parent(container)
            && self.overseer(container)?.is_some()
        {
            return Err(EngineError::MonitorStopped { operation, id: container.id.to_string(), pid });
        }
        Connection::connect(&self.home.run_directory(&container.id))
            .map_err(|source| asking(container, operation, source))
    }

    /// The first process of a running container: its number and, made sure of, its descriptor.
    ///
    /// # Errors
    /// As where the container does not run.
    pub(crate) fn init_of(&self, container: &Container) -> Result<(u32, OwnedFd), EngineError> {
        let Some(init) = &container.state.init else { return Err(not_running(container)) };
        let alive = open_init(init, container.id.as_str())?;
        Ok((init.pid, alive.ok_or_else(|| not_running(container))?))
    }

    /// Ends the monitor of a container whose processes are dead, if it is stopped: it cannot see that they are, and holds what a
    /// next start or a removal needs.
    pub(super) fn end_stopped_monitor(&self, container: &Container) -> Result<(), EngineError> {
        if stopped_parent(container).is_none() {
            return Ok(());
        }
        let Some(monitor) = self.overseer(container)? else { return Ok(()) };
        let failed = |source| EngineError::System {
            operation: format!("end the monitor of container {}", container.id),
            source,
        };
        pidfd::send_signal(&monitor, super::kill::SIGKILL).map_err(failed)?;
        pidfd::ends_within(&monitor, END_PATIENCE).map(drop).map_err(failed)
    }

    /// The monitor, found as the parent of the recorded init; `None` when there is no such process (any more).
    fn overseer(&self, container: &Container) -> Result<Option<OwnedFd>, EngineError> {
        let Some(init) = &container.state.init else { return Ok(None) };
        let Some(_alive) = open_init(init, container.id.as_str())? else { return Ok(None) };
        let Ok(before) = status(init.pid) else { return Ok(None) };
        let Ok(process) = pidfd::open(before.parent) else { return Ok(None) };
        // Looked at again after the descriptor was opened: an orphan's next parent is somebody else, and no monitor of ours.
        let same = status(init.pid).is_ok_and(|after| after.parent == before.parent);
        let ours = self.cgroups.open(&self.home.monitor_cgroup())?.pids()?.contains(&before.parent);
        Ok((same && ours).then_some(process))
    }
}

/// The parent of the recorded init, if it is stopped: two short reads, before every question to a monitor.
fn stopped_parent(container: &Container) -> Option<u32> {
    let parent = status(container.state.init.as_ref()?.pid).ok()?.parent;
    stays(|| status(parent).is_ok_and(|parent| parent.stopped)).then_some(parent)
}

/// Whether that holds for a while: a process that is traced stops at each of its calls, and goes on.
fn stays(mut holds: impl FnMut() -> bool) -> bool {
    (0..LOOKS).all(|look| {
        if look > 0 {
            thread::sleep(PAUSE);
        }
        holds()
    })
}

/// A question that was not answered, and what it was for.
pub(crate) fn asking(container: &Container, operation: &'static str, source: ClientError) -> EngineError {
    EngineError::Asking { operation, id: container.id.to_string(), source }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stops_for_a_moment_is_not_stopped() {
        let mut looks = 0;
        let stops_now_and_then = || {
            looks += 1;
            looks % 3 > 0
        };
        assert!(!stays(stops_now_and_then));
        assert!(!stays(|| false));
        assert!(stays(|| true));
    }
}
