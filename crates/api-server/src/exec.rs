//! `/containers/{id}/exec` and `/exec/{id}`.

use corten_api_types::container::{
    ExecCreateRequest, ExecCreateResponse, ExecInspect, ExecProcess, ExecStartRequest,
};
use corten_api_types::{ApiVersion, v1};
use corten_engine::{Engine, EngineError, ExecAttached, ExecConfig};
use corten_spec::detach_keys::{DetachKeys, Detacher};
use http::StatusCode;

use crate::containers::terminal_size;
use crate::failure::Failure;
use crate::fields::{self, refuse_unknown};
use crate::framing;
use crate::hijack::{self, Client, Detach, Terminal};
use crate::query::Query;
use crate::request::Request;
use crate::respond::{self, Answer};

/// Creates a session.
pub(crate) async fn create(engine: &Engine, container: &str, request: Request) -> Answer {
    let version = request.query.version;
    let asked: ExecCreateRequest = request.json().await?;
    refuse_unknown(&fields::EXEC_CREATE, &asked.unknown)?;
    detach_keys(&asked.detach_keys)?;
    let config = ExecConfig {
        command: asked.cmd.unwrap_or_default(),
        env: asked.env.unwrap_or_default(),
        user: asked.user,
        working_dir: asked.working_dir,
        privileged: asked.privileged,
        tty: asked.tty,
        attach_stdin: asked.attach_stdin,
        attach_stdout: asked.attach_stdout,
        attach_stderr: asked.attach_stderr,
        detach_keys: asked.detach_keys,
        console_size: console_size(asked.console_size, version)?,
    };
    let id = engine.execs.create(container, config).await?;
    respond::json_with(StatusCode::CREATED, &ExecCreateResponse { id: id.to_string() })
}

/// Starts it, detached or with the client's connection as its streams.
pub(crate) async fn start(engine: &Engine, id: &str, mut request: Request) -> Answer {
    let client = request.client();
    let version = request.query.version;
    let asked: ExecStartRequest = request.json_or_default().await?;
    refuse_unknown(&fields::EXEC_START, &asked.unknown)?;
    let size = console_size(asked.console_size, version)?;
    let mut attached = match engine.execs.start(id, asked.detach, size).await {
        // Docker has given the connection away by then: its clients read the reason from the stream and the code from inspect.
        Err(EngineError::StartFailed { message, .. }) if !asked.detach => {
            return report_failure(client, asked.tty, &message).await;
        }
        attached => attached?,
    };
    match attached.stream.take() {
        // Docker's clients ask for the exit code as soon as the stream ends: it must be known by then.
        Some(stream) => {
            let (execs, session) = (engine.execs.clone(), attached.id.clone());
            let settled = async move { execs.ended(&session).await };
            let detach = detach(engine, &attached)?;
            let terminal = Terminal { process: attached.tty, client: asked.tty };
            hijack::hand_over(client, stream, terminal, detach, settled).await
        }
        None => respond::status(StatusCode::OK),
    }
}

/// Before 1.42 the size came with a request of its own alone.
fn console_size(size: Option<[u32; 2]>, version: ApiVersion) -> Result<Option<(u16, u16)>, Failure> {
    terminal_size(size.filter(|_| version >= v1(42)))
}

/// Only at a terminal are keys typed; elsewhere every byte is the program's.
fn detach(engine: &Engine, attached: &ExecAttached) -> Result<Option<Detach>, Failure> {
    if !attached.tty {
        return Ok(None);
    }
    let keys = detach_keys(&engine.execs.inspect(attached.id.as_str())?.config.detach_keys)?;
    let (execs, session) = (engine.execs.clone(), attached.id.clone());
    let then = Box::pin(async move { execs.detached(&session).await });
    Ok(Some(Detach { keys: Detacher::new(keys), then }))
}

fn detach_keys(text: &str) -> Result<DetachKeys, Failure> {
    text.parse().map_err(|_| Failure::invalid(format!("Invalid escape keys ({text}) provided")))
}

async fn report_failure(client: Client, tty: bool, message: &str) -> Answer {
    let line = format!("{message}\r\n");
    let mut bytes = Vec::new();
    if tty {
        bytes.extend_from_slice(line.as_bytes());
    } else {
        framing::append(&mut bytes, framing::STDOUT, &[line.as_bytes()]);
    }
    hijack::answer_with(client, bytes, tty).await
}

/// Sets the size of its terminal.
pub(crate) async fn resize(engine: &Engine, id: &str, query: &Query) -> Answer {
    let (rows, columns) = crate::containers::size_parameters(query)?;
    engine.execs.resize(id, rows, columns).await?;
    respond::status(StatusCode::OK)
}

/// Looks at it.
pub(crate) fn inspect(engine: &Engine, id: &str) -> Answer {
    let session = engine.execs.inspect(id)?;
    let running = session.is_running();
    let config = session.config;
    let mut command = config.command.into_iter();
    respond::json(&ExecInspect {
        id: session.id.to_string(),
        running,
        exit_code: session.exit_code.map(i64::from),
        process_config: ExecProcess {
            tty: config.tty,
            entrypoint: command.next().unwrap_or_default(),
            arguments: command.collect(),
            privileged: Some(config.privileged),
            user: config.user,
        },
        open_stdin: config.attach_stdin,
        open_stderr: config.attach_stderr,
        open_stdout: config.attach_stdout,
        can_remove: session.exit_code.is_some(),
        container_id: session.container.to_string(),
        detach_keys: Some(config.detach_keys),
        pid: i64::from(session.pid),
    })
}
