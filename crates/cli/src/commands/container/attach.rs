//! `attach`: joins the streams of a running container.

use std::io::{self, IsTerminal};

use corten_api_client::{AttachQuery, Client, WaitCondition};
use corten_api_types::container::InspectResponse;

use super::inspect;
use crate::attached::{Ended, Streams, Target, console_size, copy, follow_size, forward_all, termination};
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let name = &parsed.arguments[0];
    // Waiting begins before anything is looked at, so that an exit in between is not missed.
    let wait = session.client.container_wait(name, WaitCondition::NotRunning).await?;
    let container = running(&session.client, name).await?;
    let tty = container.config.tty;
    session.check_terminal(!parsed.is_on("no-stdin"), tty)?;
    let streams = Streams {
        stdin: !parsed.is_on("no-stdin") && container.config.open_stdin,
        stdout: true,
        stderr: true,
        tty,
        detach_keys: parsed.text("detach-keys").to_owned(),
    };
    let forwards = parsed.is_on("sig-proxy") && !tty;
    let _forwarding = forwards.then(|| forward_all(session.client.clone(), container.id.clone()));
    let query = AttachQuery {
        stdin: streams.stdin,
        stdout: true,
        stderr: true,
        detach_keys: streams.detach_keys.clone(),
    };
    let hijacked = session.client.container_attach(&container.id, &query).await?;
    // It may have ended meanwhile, and attaching to it would then never end.
    running(&session.client, name).await?;
    if tty && io::stdout().is_terminal() {
        redraw(&session.client, &container.id).await;
        follow_size(session.client.clone(), Target::Container(container.id.clone()))?;
    }
    let ended = tokio::select! {
        ended = copy(hijacked, &streams) => ended?,
        number = termination(), if !forwards => return Err(Failure::exit((128 + number).into())),
    };
    if ended == Ended::Detached {
        return Err(Failure::new("read escape sequence"));
    }
    let result = wait.result().await?;
    match (result.error, result.status_code) {
        (Some(error), _) => Err(Failure::new(error.message)),
        (None, 0) => Ok(()),
        (None, code) => Err(Failure::exit(code)),
    }
}

/// The container, if it can be attached to (Docker's texts).
async fn running(client: &Client, name: &str) -> Outcome<InspectResponse> {
    let container = inspect::fetch(client, name).await?;
    let state = &container.state;
    let why = if !state.running {
        "You cannot attach to a stopped container, start it first"
    } else if state.paused {
        "You cannot attach to a paused container, unpause it first"
    } else if state.restarting {
        "You cannot attach to a restarting container, wait until it is running"
    } else {
        return Ok(container);
    };
    Err(Failure::new(why))
}

/// A shell shows its prompt again only when the size changes: one row and column more, then the real size.
async fn redraw(client: &Client, id: &str) {
    let [height, width] = console_size().map(|side| u16::try_from(side + 1).unwrap_or(u16::MAX));
    // Failing means that the screen stays as it is.
    drop(client.container_resize(id, height, width).await);
}
