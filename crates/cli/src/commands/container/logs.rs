//! `logs`: prints what a container has written.

use std::io::{self, Write};

use corten_api_client::{Channel, Demultiplexer, LogsQuery};

use super::inspect;
use crate::commands::moment;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let name = &parsed.arguments[0];
    let container = inspect::fetch(&session.client, name).await?;
    let query = LogsQuery {
        follow: parsed.is_on("follow"),
        since: moment::to_api(parsed.text("since"), "invalid value for \"since\": ")?,
        until: moment::to_api(parsed.text("until"), "invalid value for \"until\": ")?,
        timestamps: parsed.is_on("timestamps"),
        details: parsed.is_on("details"),
        tail: parsed.text("tail").to_owned(),
    };
    let mut log = session.client.container_logs(&container.id, &query).await?;
    let (mut stdout, mut stderr) = (io::stdout().lock(), io::stderr().lock());
    let mut frames = Demultiplexer::default();
    while let Some(chunk) = log.next().await? {
        if container.config.tty {
            stdout.write_all(&chunk)?;
            stdout.flush()?;
            continue;
        }
        for frame in frames.push(&chunk) {
            match frame.map_err(Failure::from)? {
                (Channel::Stdout, bytes) => stdout.write_all(bytes)?,
                (Channel::Stderr, bytes) => stderr.write_all(bytes)?,
            }
        }
        stdout.flush()?;
    }
    Ok(())
}
