//! `GET /containers/{id}/logs`.

use corten_api_types::{MEDIA_TYPE_MULTIPLEXED_STREAM, MEDIA_TYPE_RAW_STREAM};
use corten_engine::containers::{LogQuery, LogStream};
use corten_engine::{Engine, EngineError, LogEntry, LogSource, LogSources};

use crate::body::ChunkSender;
use crate::failure::Failure;
use crate::framing::{self, STDERR, STDOUT};
use crate::query::Query;
use crate::respond::{self, Answer};

/// How many bytes are gathered before they are sent.
const CHUNK: usize = 64 * 1024;

pub(crate) async fn logs(engine: &Engine, id: &str, query: &Query) -> Answer {
    let asked = LogQuery {
        since: query.moment("since")?,
        until: query.moment("until")?,
        tail: tail(query)?,
        streams: streams(query)?,
        follow: query.flag("follow"),
    };
    let timestamps = query.flag("timestamps");
    let log = engine.containers.logs(id, asked).await?;
    let kind = if log.tty { MEDIA_TYPE_RAW_STREAM } else { MEDIA_TYPE_MULTIPLEXED_STREAM };
    let (sender, response) = respond::stream(kind);
    tokio::spawn(forward(log, timestamps, sender));
    Ok(response)
}

/// `all`, or a number of lines; Docker takes what is not a number for all.
fn tail(query: &Query) -> Result<Option<u64>, Failure> {
    match query.text("tail") {
        "" | "all" => Ok(None),
        text => Ok(text.parse::<i64>().ok().and_then(|lines| u64::try_from(lines).ok())),
    }
}

fn streams(query: &Query) -> Result<LogSources, Failure> {
    match (query.flag("stdout"), query.flag("stderr")) {
        (true, true) => Ok(LogSources::All),
        (true, false) => Ok(LogSources::Only(LogSource::Stdout)),
        (false, true) => Ok(LogSources::Only(LogSource::Stderr)),
        (false, false) => Err(Failure::invalid("Bad parameters: you must choose at least one stream")),
    }
}

/// Sends entries until there are no more. The head of the answer is gone: a failure can only end the stream.
async fn forward(mut log: LogStream, timestamps: bool, sender: ChunkSender) {
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        match gather(&mut log, timestamps, &mut chunk) {
            Ok(()) if chunk.is_empty() => {}
            Ok(()) => {
                if !sender.send(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK))).await {
                    return;
                }
                continue;
            }
            Err(_) => return,
        }
        let more = tokio::select! {
            more = log.more() => more,
            () = sender.client_gone() => return,
        };
        if !matches!(more, Ok(true)) {
            return;
        }
    }
}

fn gather(log: &mut LogStream, timestamps: bool, chunk: &mut Vec<u8>) -> Result<(), EngineError> {
    let tty = log.tty;
    while chunk.len() < CHUNK {
        let Some(entry) = log.next_entry()? else { return Ok(()) };
        append(&entry, tty, timestamps, chunk);
    }
    Ok(())
}

fn append(entry: &LogEntry<'_>, tty: bool, timestamps: bool, chunk: &mut Vec<u8>) {
    let stamp = entry.at.rfc3339_nano_fixed();
    let stamp: [&[u8]; 2] = if timestamps { [&stamp, b" "] } else { [b"", b""] };
    let parts = [stamp[0], stamp[1], entry.bytes];
    if tty {
        parts.iter().for_each(|part| chunk.extend_from_slice(part));
        return;
    }
    let kind = if entry.stream == LogSource::Stdout { STDOUT } else { STDERR };
    framing::append(chunk, kind, &parts);
}
