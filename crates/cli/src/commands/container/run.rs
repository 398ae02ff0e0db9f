//! `run`: creates a container, starts it and stays with it.

use std::io::{self, IsTerminal};

use corten_api_client::{AttachQuery, Hijacked};
use corten_api_types::container::Config;

use super::create::{self, ENGINE_FAILED, with_help};
use crate::attached::{Ended, Exit, Streams, Target, copy, follow_size, forward_all, termination};
use crate::failure::{Failure, Outcome, describe};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let mut request = create::request(&session, &parsed, "run")?;
    let config = &mut request.config;
    if parsed.is_on("detach") {
        if parsed.is_given("attach") {
            return Err(Failure::new("conflicting options: cannot specify both --attach and --detach"));
        }
        config.attach_stdin = false;
        config.attach_stdout = false;
        config.attach_stderr = false;
        config.stdin_once = false;
    } else {
        session.check_terminal(config.attach_stdin, config.tty)?;
    }
    let streams = streams(&request.config, parsed.text("detach-keys"));
    let id = create::create(&session, &parsed, &mut request)
        .await
        .map_err(|failure| of_engine(&session, failure))?;
    let _forwarding = parsed.is_on("sig-proxy").then(|| forward_all(session.client.clone(), id.clone()));
    if streams.stdin || streams.stdout || streams.stderr {
        attached(&session, &parsed, &id, &streams).await
    } else {
        detached(&session, &parsed, &id).await
    }
}

fn streams(config: &Config, detach_keys: &str) -> Streams {
    Streams {
        stdin: config.attach_stdin,
        stdout: config.attach_stdout,
        stderr: config.attach_stderr,
        tty: config.tty,
        detach_keys: detach_keys.to_owned(),
    }
}

async fn detached(session: &Session, parsed: &Parsed, id: &str) -> Outcome {
    session.line(id)?;
    start(session, parsed, id, None).await
}

/// The order matters: attached before the start, so that no output is missed; waiting before the start, so that no exit is.
async fn attached(session: &Session, parsed: &Parsed, id: &str, streams: &Streams) -> Outcome {
    let query = AttachQuery {
        stdin: streams.stdin,
        stdout: streams.stdout,
        stderr: streams.stderr,
        detach_keys: streams.detach_keys.clone(),
    };
    let hijacked = session.client.container_attach(id, &query).await?;
    let mut exit = Exit::of(&session.client, id, parsed.is_on("rm")).await?;
    start(session, parsed, id, Some(&mut exit)).await?;
    let resizing = match streams.tty && io::stdout().is_terminal() {
        true => Some(follow_size(session.client.clone(), Target::Container(id.to_owned()))?),
        false => None,
    };
    let ended = stay(hijacked, streams, &mut exit, parsed.is_on("sig-proxy")).await;
    if let Some(task) = resizing {
        task.abort();
    }
    ended
}

/// Starts the container; if that fails and it removes itself, its removal is waited for.
async fn start(session: &Session, parsed: &Parsed, id: &str, exit: Option<&mut Exit>) -> Outcome {
    let Err(error) = session.client.container_start(id).await else { return Ok(()) };
    if let (true, Some(exit)) = (parsed.is_on("rm"), exit) {
        exit.code().await;
    }
    Err(of_engine(session, Failure::new(describe(&error))))
}

/// Copies until the container has ended, or until it is left alone.
async fn stay(hijacked: Hijacked, streams: &Streams, exit: &mut Exit, forwarding: bool) -> Outcome {
    let has_output = streams.stdout || streams.stderr;
    let copying = copy(hijacked, streams);
    tokio::pin!(copying);
    let code = tokio::select! {
        ended = &mut copying => match ended? {
            Ended::Detached => return Ok(()),
            Ended::Closed => exit.code().await,
        },
        code = exit.code() => {
            // What it wrote may still be on its way.
            if has_output && let Ended::Detached = copying.await? {
                return Ok(());
            }
            code
        }
        number = termination(), if !forwarding => i64::from(128 + number),
    };
    if code == 0 { Ok(()) } else { Err(Failure::exit(code)) }
}

/// How an engine goes on to tell of a start that failed.
const ENGINE_COULD_NOT: &str = "unable to start container process: ";

/// How the reason begins where the command is at fault.
const COMMAND: &str = "exec: \"";

/// Docker's exit codes: 127 for a command that is not there, 126 for one that may not run, else 125.
fn of_engine(session: &Session, failure: Failure) -> Failure {
    if failure.message.is_empty() {
        return failure;
    }
    // Where the engine could not start anything, the file that is not there is one of its own.
    let engines_own = failure.message.contains(ENGINE_COULD_NOT) && !failure.message.contains(COMMAND);
    let says = |texts: &[&str]| !engines_own && texts.iter().any(|text| failure.message.contains(text));
    let not_there =
        ["executable file not found", "no such file or directory", "system cannot find the file specified"];
    let code = if says(&not_there) {
        127
    } else if says(&["permission denied", "is a directory"]) {
        126
    } else {
        ENGINE_FAILED
    };
    Failure::with_code(code, with_help(session, &failure.message, "run"))
}
