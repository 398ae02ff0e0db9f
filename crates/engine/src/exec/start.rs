//! Starting a session, through the container's monitor, and listening for its end.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use corten_monitor::client::{Connection, Entrance};
use corten_monitor::protocol::{Attach, Exec, Inhabited, Reply, Request, Streams};
use corten_runtime::launch::{ExecLaunch, SeccompSource, UserSource};
use corten_spec::id::ExecId;

use super::session::{ExecConfig, ExecSession};
use super::{Execs, refuse_unfit};
use crate::containers::{Container, asking, exec_process, overlay_environment, stream_pair, unexpected};
use crate::error::EngineError;
use crate::start_failure;
use crate::task::blocking;
use crate::wake::{self, Wake};

/// How long a session's process may take to start.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// What a monitor reports where the command is not at fault.
const COULD_NOT_START: i32 = 128;

/// A process that joins a dying container is killed with it, a little before the container's end is known.
const END_PATIENCE: Duration = Duration::from_millis(500);

/// What errors call it.
const OPERATION: &str = "start a session in";

/// The client's end of a session.
#[derive(Debug)]
pub struct ExecAttached {
    /// The session.
    pub id: ExecId,
    /// Input and output; `None` for a detached session.
    pub stream: Option<UnixStream>,
    /// Whether there is a terminal.
    pub tty: bool,
}

impl Execs {
    /// Starts a session. `size` replaces the terminal's first size that it was created with.
    ///
    /// # Errors
    /// Not found; conflict when it was started before, or the container does not run; its process cannot be run.
    pub async fn start(
        &self,
        reference: &str,
        detach: bool,
        size: Option<(u16, u16)>,
    ) -> Result<ExecAttached, EngineError> {
        let session = self.claim(reference)?;
        let result = self.start_claimed(&session, detach, size).await;
        if let Err(error) = &result {
            // 128 is a container's word for "could not start": a session has none of its own.
            let not_found = matches!(error, EngineError::StartFailed { exit_code: 127, .. });
            let code = if not_found { 127 } else { 126 };
            self.update(&session.id, |session| session.exit_code = Some(code));
        }
        result
    }

    /// Marks a session as started, so that a second start finds it so.
    fn claim(&self, reference: &str) -> Result<ExecSession, EngineError> {
        let found = self.inspect(reference)?;
        let mut sessions = self.lock();
        match sessions.by_id.get_mut(&found.id) {
            Some(session) if session.exit_code.is_some() => {
                Err(EngineError::Conflict(format!("exec {reference} has already run")))
            }
            Some(session) if session.started => {
                Err(EngineError::Conflict(format!("exec {reference} is already running")))
            }
            Some(session) => {
                session.started = true;
                Ok(session.clone())
            }
            None => Err(EngineError::NotFound(format!("No such exec instance: {reference}"))),
        }
    }

    async fn start_claimed(
        &self,
        session: &ExecSession,
        detach: bool,
        size: Option<(u16, u16)>,
    ) -> Result<ExecAttached, EngineError> {
        let config = &session.config;
        let wanted = !detach && (config.attach_stdin || config.attach_stdout || config.attach_stderr);
        let (stream, far_end) = if wanted { Some(stream_pair()?) } else { None }.unzip();
        let (execs, claimed) = (self.clone(), session.clone());
        let (pid, connection) = blocking(move || execs.ask_monitor(&claimed, size, far_end)).await?;
        self.containers.inner.replace_recruits();
        self.update(&session.id, |session| session.pid = pid);
        self.listen(session.id.clone(), connection)?;
        Ok(ExecAttached { id: session.id.clone(), stream, tty: config.tty })
    }

    fn ask_monitor(
        &self,
        session: &ExecSession,
        size: Option<(u16, u16)>,
        far_end: Option<OwnedFd>,
    ) -> Result<(u32, Connection), EngineError> {
        let inner = &self.containers.inner;
        let container = inner.find_again(&session.container)?;
        refuse_unfit(&container, container.id.as_str())?;
        let seccomp = inner.exec_seccomp(&container, session.config.privileged)?;
        let (pid, init) = inner.init_of(&container)?;
        let inhabited = Inhabited {
            init: pid,
            cgroup_path: inner.cgroup_path(&container),
            monitor_cgroup: inner.home.monitor_cgroup(),
        };
        let exec = Exec {
            launch: launch(session, &container, &inner.linked_environment(&container)?, seccomp)?,
            streams: streams(&session.config, size),
            container: inhabited,
            foreign: inner.foreign(&container)?,
        };
        let attach = far_end.as_ref().map(|_| Attach {
            stdin: session.config.attach_stdin,
            stdout: session.config.attach_stdout,
            stderr: session.config.attach_stderr,
            patience_ms: None,
        });
        let asked = inner.connect(&container, OPERATION).and_then(|mut connection| {
            let entrance = Entrance { origin: inner.recruit(), init: init.as_fd() };
            let deadline = Instant::now() + START_PATIENCE;
            let answered = connection.exec(entrance, &exec, attach.zip(far_end), deadline);
            let reply = answered.map_err(|source| asking(&container, OPERATION, source))?;
            Ok((reply, connection))
        });
        match asked {
            Ok((Reply::ExecStarted { pid }, connection)) => Ok((pid, connection)),
            Ok((Reply::StartFailed { exit_code, message }, _)) => {
                if exit_code == COULD_NOT_START && inner.ends_within(&container, END_PATIENCE)? {
                    refuse_unfit(&inner.find_again(&session.container)?, session.container.as_str())?;
                }
                Err(EngineError::StartFailed { exit_code, message: start_failure::of_session(&message) })
            }
            Ok((other, _)) => Err(unexpected(&container, &other)),
            Err(error) => {
                // Its monitor may have ended while we asked: what is to be said is that the container did.
                refuse_unfit(&inner.find_again(&session.container)?, session.container.as_str())?;
                Err(error)
            }
        }
    }

    fn listen(&self, id: ExecId, connection: Connection) -> Result<(), EngineError> {
        let wake = wake::readable(&connection, "the monitor")?;
        tokio::spawn(await_end(self.clone(), id, connection, wake));
        Ok(())
    }

    /// Sets the size of a session's terminal.
    ///
    /// # Errors
    /// Not found; conflict when it does not run.
    pub async fn resize(&self, reference: &str, rows: u16, columns: u16) -> Result<(), EngineError> {
        let session = self.inspect(reference)?;
        if !session.is_running() {
            return Err(EngineError::Conflict(format!("exec {reference} is not running")));
        }
        let inner = self.containers.inner.clone();
        blocking(move || {
            let container = inner.find_again(&session.container)?;
            inner.send(
                &container,
                "resize",
                Request::Resize { exec: Some(session.id.to_string()), rows, columns },
            )
        })
        .await
    }
}

fn launch(
    session: &ExecSession,
    container: &Container,
    linked: &[String],
    seccomp: SeccompSource,
) -> Result<ExecLaunch, EngineError> {
    let config = &session.config;
    let mut process = exec_process(container, linked, config.privileged)?;
    process.args.clone_from(&config.command);
    process.terminal = config.tty;
    if config.tty {
        overlay_environment(&mut process.env, &["TERM=xterm".to_owned()]);
    }
    overlay_environment(&mut process.env, &config.env);
    if !config.working_dir.is_empty() {
        process.cwd.clone_from(&config.working_dir);
    }
    let user = if config.user.is_empty() { &container.config.user } else { &config.user };
    let additional_groups = container.config.host.group_add.clone();
    let user = UserSource::Image { user: user.clone(), additional_groups };
    Ok(ExecLaunch { id: session.id.to_string(), process, user, seccomp })
}

fn streams(config: &ExecConfig, size: Option<(u16, u16)>) -> Streams {
    Streams {
        tty: config.tty,
        open_stdin: config.attach_stdin,
        stdin_once: true,
        size: size.or(config.console_size),
    }
}

async fn await_end(execs: Execs, id: ExecId, mut connection: Connection, wake: Wake) {
    let exit_code = loop {
        match connection.receive() {
            Ok(Some(Reply::ExecExited { exec, exit_code })) if exec == id.as_str() => break exit_code,
            Ok(Some(_)) => continue,
            Ok(None) => {}
            // The monitor ended and everything with it: what a killed process is left with.
            Err(_) => break 128 + 9,
        }
        if !wake.wait().await {
            return;
        }
    };
    execs.update(&id, |session| session.exit_code = Some(exit_code));
}
