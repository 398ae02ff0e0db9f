//! Clients of a container's streams: joined to a running one by its monitor, kept for the start of one that does not run yet.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::PoisonError;

use corten_monitor::protocol::{Attach, Reply, Request};

use super::kill::{answer_deadline, not_running};
use super::overseer::{asking, unexpected};
use super::record::Container;
use super::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// How long a client that joined later may hold back the container before it is cut, in milliseconds.
const LATER_PATIENCE_MS: u64 = 10_000;

/// Which streams a client wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttachRequest {
    /// What the client sends reaches the process.
    pub stdin: bool,
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
}

/// What a client should know before it joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attachable {
    /// Whether it runs; else a client waits for its start.
    pub running: bool,
    /// Whether there is a terminal.
    pub tty: bool,
    /// Whether it was made with an open standard input.
    pub takes_input: bool,
}

/// The client's end.
#[derive(Debug)]
pub struct Attached {
    /// Input towards the process, output towards the client: as it is with a terminal, else in Docker's frames.
    pub stream: UnixStream,
    /// Whether there is a terminal.
    pub tty: bool,
}

impl Containers {
    /// Whether a container runs, and output that is there already comes before its streams; with a terminal or without.
    ///
    /// # Errors
    /// Not found; conflict when it is frozen.
    pub async fn attachable(&self, reference: &str) -> Result<Attachable, EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || {
            let container = inner.find_attachable(&reference)?;
            let streams = &container.config.streams;
            Ok(Attachable {
                running: container.state.is_running(),
                tty: streams.tty,
                takes_input: streams.open_stdin,
            })
        })
        .await
    }

    /// Joins a client to a container.
    ///
    /// # Errors
    /// Not found; conflict when it ended, or is frozen.
    pub async fn attach(&self, reference: &str, request: AttachRequest) -> Result<Attached, EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || inner.attach(&reference, request)).await
    }

    /// Tells that a client has left a container by its keys; one that is gone meanwhile is not told of.
    pub async fn detached(&self, reference: &str) {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        let tell =
            move || inner.announce(&inner.find(&reference)?, "detach", std::collections::BTreeMap::new());
        let _ = blocking(tell).await;
    }

    /// Sets the size of a container's terminal.
    ///
    /// # Errors
    /// Not found; conflict when it does not run.
    pub async fn resize(&self, reference: &str, rows: u16, columns: u16) -> Result<(), EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || {
            let container = inner.find(&reference)?;
            if !container.state.is_running() {
                return Err(not_running(&container));
            }
            inner.send(&container, "resize", Request::Resize { exec: None, rows, columns })
        })
        .await
    }
}

impl Inner {
    fn attach(&self, reference: &str, request: AttachRequest) -> Result<Attached, EngineError> {
        let container = self.find_attachable(reference)?;
        let (stream, far_end) = stream_pair()?;
        let running = container.state.is_running();
        let wants = Attach {
            stdin: request.stdin && container.config.streams.open_stdin,
            stdout: request.stdout,
            stderr: request.stderr,
            // Who attached before the start waits like a pipe does; who looks in later must not stop the container for good.
            patience_ms: running.then_some(LATER_PATIENCE_MS),
        };
        if running {
            self.join(&container, wants, &far_end)?;
        } else {
            let mut early = self.early_clients.lock().unwrap_or_else(PoisonError::into_inner);
            early.entry(container.id.clone()).or_default().push((wants, far_end));
        }
        if running {
            self.tell_of_run(&container, "attach")?;
        } else {
            self.tell(&container, "attach", std::collections::BTreeMap::new())?;
        }
        Ok(Attached { stream, tty: container.config.streams.tty })
    }

    fn find_attachable(&self, reference: &str) -> Result<Container, EngineError> {
        let container = self.find(reference)?;
        if container.state.paused {
            return Err(EngineError::Conflict(format!(
                "container {reference} is paused, unpause the container before attach"
            )));
        }
        if container.is_restarting() {
            return Err(EngineError::Conflict(format!(
                "container {reference} is restarting, wait until the container is running"
            )));
        }
        Ok(container)
    }

    fn join(&self, container: &Container, wants: Attach, far_end: &OwnedFd) -> Result<(), EngineError> {
        let mut connection = self.connect(container, "attach to")?;
        let answered = connection.request(Request::Attach(wants), &[far_end.as_fd()], answer_deadline());
        match answered.map_err(|source| asking(container, "attach to", source)) {
            Ok(Reply::Done) => Ok(()),
            Ok(other) => Err(unexpected(container, &other)),
            // Its monitor ended while we asked: what is to be said is that the container did.
            Err(_) if !self.find_again(&container.id)?.state.is_running() => Err(not_running(container)),
            Err(error) => Err(error),
        }
    }
}

/// Two connected stream sockets: the client's and the monitor's.
pub(crate) fn stream_pair() -> Result<(UnixStream, OwnedFd), EngineError> {
    let (near, far) = UnixStream::pair().map_err(|source| EngineError::System {
        operation: "make a pair of stream sockets".to_owned(),
        source,
    })?;
    Ok((near, far.into()))
}
