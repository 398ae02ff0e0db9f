//! Exec sessions: further processes in running containers.
//!
//! A session that was created and not started is this engine's own memory; a running one is its monitor's.

mod session;
mod start;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use corten_spec::id::ExecId;

pub use session::{ExecConfig, ExecSession};
pub use start::ExecAttached;

use crate::containers::{Container, Containers, require_running};
use crate::error::EngineError;
use crate::random;
use crate::task::blocking;

/// How many finished sessions are remembered: enough for whoever asks for the exit code right after the end.
const REMEMBERED: usize = 1024;

/// The service. Cheap to clone; every clone is the same service.
#[derive(Debug, Clone)]
pub struct Execs {
    containers: Containers,
    sessions: Arc<Mutex<Sessions>>,
}

#[derive(Debug, Default)]
struct Sessions {
    by_id: HashMap<ExecId, ExecSession>,
    /// Oldest first.
    finished: std::collections::VecDeque<ExecId>,
}

impl Execs {
    pub(crate) fn new(containers: Containers) -> Self {
        Self { containers, sessions: Arc::default() }
    }

    /// Creates a session in a running container.
    ///
    /// # Errors
    /// Not found; conflict when the container does not run or is frozen; no command.
    pub async fn create(&self, container: &str, config: ExecConfig) -> Result<ExecId, EngineError> {
        if config.command.is_empty() {
            return Err(EngineError::Invalid("No exec command specified".to_owned()));
        }
        let (inner, reference) = (self.containers.inner.clone(), container.to_owned());
        let found = blocking(move || inner.find(&reference)).await?;
        refuse_unfit(&found, container)?;
        self.containers.inner.prepare_recruit();
        let container = found;
        let id = ExecId::from_bytes(random::bytes()?);
        let session = ExecSession::new(id.clone(), container.id.clone(), config);
        self.containers.inner.announce(
            &container,
            &format!("exec_create: {}", session.config.command.join(" ")),
            [("execID".to_owned(), id.to_string())].into(),
        )?;
        self.lock().by_id.insert(id.clone(), session);
        Ok(id)
    }

    /// Looks at a session.
    ///
    /// # Errors
    /// Not found.
    pub fn inspect(&self, reference: &str) -> Result<ExecSession, EngineError> {
        let sessions = self.lock();
        let found = reference.parse().ok().and_then(|id: ExecId| sessions.by_id.get(&id).cloned());
        found.ok_or_else(|| EngineError::NotFound(format!("No such exec instance: {reference}")))
    }

    /// Tells that a client has left a session by its keys; one whose container is gone meanwhile is not told of.
    pub async fn detached(&self, id: &ExecId) {
        let Ok(session) = self.inspect(id.as_str()) else { return };
        let inner = self.containers.inner.clone();
        let tell = move || {
            let container = inner.find_again(&session.container)?;
            inner.announce(&container, "exec_detach", [("execID".to_owned(), session.id.to_string())].into())
        };
        let _ = blocking(tell).await;
    }

    /// Waits until a session has ended and its exit code is known; at once for one that is forgotten.
    pub async fn ended(&self, id: &ExecId) {
        let Some(notify) = self.lock().by_id.get(id).map(|session| session.ended.clone()) else { return };
        let told = notify.notified();
        tokio::pin!(told);
        // Registered before the look, so that an end in between is not missed.
        told.as_mut().enable();
        let running = self.lock().by_id.get(id).is_some_and(ExecSession::is_running);
        if running {
            told.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a session that is known; one that was forgotten stays forgotten.
    fn update(&self, id: &ExecId, change: impl FnOnce(&mut ExecSession)) {
        let mut sessions = self.lock();
        if let Some(session) = sessions.by_id.get_mut(id) {
            change(session);
            if session.exit_code.is_some() {
                session.ended.notify_waiters();
                sessions.forget_oldest(id.clone());
            }
        }
    }
}

impl Sessions {
    fn forget_oldest(&mut self, finished: ExecId) {
        self.finished.push_back(finished);
        if self.finished.len() > REMEMBERED
            && let Some(oldest) = self.finished.pop_front()
        {
            self.by_id.remove(&oldest);
        }
    }
}

/// Refuses a container in which nothing can be started; what it is called is what it was asked for by.
pub(super) fn refuse_unfit(container: &Container, reference: &str) -> Result<(), EngineError> {
    require_running(container)?;
    if container.state.paused {
        return Err(EngineError::Conflict(format!(
            "Container {reference} is paused, unpause the container before exec"
        )));
    }
    Ok(())
}
