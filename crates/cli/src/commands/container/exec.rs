//! `exec`: runs a command in a running container.

use std::io::{self, IsTerminal};

use corten_api_types::container::{ExecCreateRequest, ExecStartRequest};

use super::inspect;
use crate::attached::{Ended, Streams, Target, console_size, copy, follow_size, termination};
use crate::create::env_file;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let request = request(&session, &parsed)?;
    let name = &parsed.arguments[0];
    // That the container is not there is said before anything about the terminal.
    inspect::fetch(&session.client, name).await?;
    let detach = parsed.is_on("detach");
    if !detach {
        session.check_terminal(request.attach_stdin, request.tty)?;
    }
    let id = session.client.exec_create(name, &request).await?.id;
    if id.is_empty() {
        return Err(Failure::new("exec ID empty"));
    }
    let start = ExecStartRequest {
        detach,
        tty: request.tty,
        console_size: request.console_size,
        ..ExecStartRequest::default()
    };
    if detach {
        return Ok(session.client.exec_start_detached(&id, &start).await?);
    }
    attached(&session, &id, &request, &start).await
}

fn request(session: &Session, parsed: &Parsed) -> Outcome<ExecCreateRequest> {
    let (tty, attach) = (parsed.is_on("tty"), !parsed.is_on("detach"));
    let mut env = Vec::new();
    for file in parsed.list("env-file") {
        env.extend(env_file::read(file, |name| session.variable(name)).map_err(Failure::new)?);
    }
    for variable in parsed.list("env") {
        env.push(match session.variable(variable) {
            Some(value) if !variable.contains('=') => format!("{variable}={value}"),
            _ => variable.clone(),
        });
    }
    Ok(ExecCreateRequest {
        user: parsed.text("user").to_owned(),
        privileged: parsed.is_on("privileged"),
        tty,
        console_size: tty.then(console_size),
        attach_stdin: attach && parsed.is_on("interactive"),
        attach_stdout: attach,
        attach_stderr: attach,
        detach_keys: parsed.text("detach-keys").to_owned(),
        env: Some(env),
        working_dir: parsed.text("workdir").to_owned(),
        cmd: Some(parsed.arguments[1..].to_vec()),
        ..ExecCreateRequest::default()
    })
}

async fn attached(
    session: &Session,
    id: &str,
    request: &ExecCreateRequest,
    start: &ExecStartRequest,
) -> Outcome {
    let streams = Streams {
        stdin: request.attach_stdin,
        stdout: true,
        stderr: true,
        tty: request.tty,
        detach_keys: request.detach_keys.clone(),
    };
    let hijacked = session.client.exec_start_attached(id, start).await?;
    if request.tty && io::stdin().is_terminal() {
        follow_size(session.client.clone(), Target::Exec(id.to_owned()))?;
    }
    let ended = tokio::select! {
        ended = copy(hijacked, &streams) => ended?,
        number = termination() => return Err(Failure::exit((128 + number).into())),
    };
    if ended == Ended::Detached {
        return Err(Failure::new("read escape sequence"));
    }
    match session.client.exec_inspect(id).await?.exit_code {
        None | Some(0) => Ok(()),
        Some(code) => Err(Failure::exit(code)),
    }
}
