//! `start`: starts containers, and attaches to one if asked.

use std::io::{self, IsTerminal};

use corten_api_client::{AttachQuery, Hijacked};
use corten_api_types::container::InspectResponse;

use super::inspect;
use crate::attached::{Ended, Exit, Streams, Target, copy, follow_size, forward_all, termination};
use crate::failure::{Failure, Outcome, describe};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    if parsed.is_on("attach") || parsed.is_on("interactive") {
        return attached(&session, &parsed).await;
    }
    let mut failed = Vec::new();
    for name in &parsed.arguments {
        match session.client.container_start(name).await {
            Ok(()) => session.line(name)?,
            Err(error) => {
                session.complain(&describe(&error));
                failed.push(name.as_str());
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("Error: failed to start containers: {}", failed.join(", "))))
}

async fn attached(session: &Session, parsed: &Parsed) -> Outcome {
    let [name] = parsed.arguments.as_slice() else {
        return Err(Failure::new("you cannot start and attach multiple containers at once"));
    };
    let container = inspect::fetch(&session.client, name).await?;
    let tty = container.config.tty;
    let streams = Streams {
        stdin: parsed.is_on("interactive") && container.config.open_stdin,
        stdout: true,
        stderr: true,
        tty,
        detach_keys: parsed.text("detach-keys").to_owned(),
    };
    let _forwarding = (!tty).then(|| forward_all(session.client.clone(), container.id.clone()));
    let query = AttachQuery {
        stdin: streams.stdin,
        stdout: true,
        stderr: true,
        detach_keys: streams.detach_keys.clone(),
    };
    let hijacked = session.client.container_attach(&container.id, &query).await?;
    stay(session, &container, hijacked, &streams).await
}

async fn stay(
    session: &Session,
    container: &InspectResponse,
    hijacked: Hijacked,
    streams: &Streams,
) -> Outcome {
    let id = &container.id;
    let removes_itself = container.host_config.auto_remove;
    let mut exit = Exit::of(&session.client, id, removes_itself).await?;
    if let Err(error) = session.client.container_start(id).await {
        if removes_itself {
            exit.code().await;
        }
        return Err(error.into());
    }
    let resizing = match streams.tty && io::stdout().is_terminal() {
        true => Some(follow_size(session.client.clone(), Target::Container(id.clone()))?),
        false => None,
    };
    let ended = tokio::select! {
        ended = copy(hijacked, streams) => ended?,
        // Without a terminal every signal is forwarded.
        number = termination(), if streams.tty => return Err(Failure::exit((128 + number).into())),
    };
    if let Some(task) = resizing {
        task.abort();
    }
    match ended {
        Ended::Detached => Ok(()),
        Ended::Closed => match exit.code().await {
            0 => Ok(()),
            code => Err(Failure::exit(code)),
        },
    }
}
