//! `logs`: prints what a container has written.

use std::io::{self, Write};

use corten_api_client::{Channel, Demultiplexer, LogsQuery};

use super::inspect;
use crate::commands::moment;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::Streams;
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
    let mut streams = Streams::new(io::stdout().lock(), io::stderr().lock());
    let mut frames = Demultiplexer::default();
    while let Some(chunk) = log.next().await? {
        let gathered = if container.config.tty {
            streams.add(Channel::Stdout, &chunk).map_err(Failure::from)
        } else {
            gather(&mut frames, &chunk, &mut streams)
        };
        // What came before a failure is shown.
        streams.flush()?;
        gathered?;
    }
    Ok(())
}

fn gather(
    frames: &mut Demultiplexer,
    chunk: &[u8],
    streams: &mut Streams<impl Write, impl Write>,
) -> Outcome {
    for frame in frames.push(chunk) {
        let (channel, bytes) = frame.map_err(Failure::from)?;
        streams.add(channel, bytes)?;
    }
    Ok(())
}
