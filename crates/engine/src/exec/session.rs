//! One session: what it is asked to be and what became of it.

use std::sync::Arc;

use corten_spec::id::{ContainerId, ExecId};
use tokio::sync::Notify;

/// What a session is asked to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecConfig {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Variables on top of the container's.
    pub env: Vec<String>,
    /// Empty = the container's.
    pub user: String,
    /// Empty = the container's.
    pub working_dir: String,
    /// With every capability.
    pub privileged: bool,
    /// A pseudo-terminal instead of pipes.
    pub tty: bool,
    /// Its input is connected.
    pub attach_stdin: bool,
    /// Its output is.
    pub attach_stdout: bool,
    /// Its error output is.
    pub attach_stderr: bool,
    /// The keys that detach a client from a terminal; who serves the client looks for them.
    pub detach_keys: String,
    /// The terminal's first size: rows, columns.
    pub console_size: Option<(u16, u16)>,
}

/// A session.
#[derive(Debug, Clone)]
pub struct ExecSession {
    /// Its id.
    pub id: ExecId,
    /// Where it runs.
    pub container: ContainerId,
    /// What it is asked to be.
    pub config: ExecConfig,
    /// Whether it was started.
    pub started: bool,
    /// Its process, as the host numbers it; 0 = none.
    pub pid: u32,
    /// Set once it ended, or could not be started.
    pub exit_code: Option<i32>,
    /// Told when it ended.
    pub(super) ended: Arc<Notify>,
}

impl ExecSession {
    pub(super) fn new(id: ExecId, container: ContainerId, config: ExecConfig) -> Self {
        Self { id, container, config, started: false, pid: 0, exit_code: None, ended: Arc::default() }
    }

    /// Whether its process lives.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.started && self.exit_code.is_none()
    }
}
