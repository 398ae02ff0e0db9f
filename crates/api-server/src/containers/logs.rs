//! `GET /containers/{id}/logs`.

use std::collections::BTreeMap;

use corten_engine::containers::{LogQuery, LogStream};
use corten_engine::{Engine, EngineError, LogEntry, LogSource, LogSources};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::body::ChunkSender;
use crate::failure::Failure;
use crate::framing::{self, STDERR, STDOUT};
use crate::query::Query;
use crate::respond::{self, Answer};
use crate::version;

/// How many bytes are gathered before they are sent.
const CHUNK: usize = 64 * 1024;

pub(crate) async fn logs(engine: &Engine, id: &str, query: &Query) -> Answer {
    let asked = LogQuery {
        since: query.moment("since")?,
        until: query.moment("until")?,
        tail: tail(query)?,
        streams: sources(query.flag("stdout"), query.flag("stderr"))?,
        follow: query.flag("follow"),
    };
    let shown = Shown { timestamps: query.flag("timestamps"), details: query.flag("details") };
    let log = engine.containers.logs(id, asked).await?;
    let (sender, response) = respond::follow(version::stream_type(query.version, log.tty));
    tokio::spawn(forward(log, shown, sender));
    Ok(response)
}

/// `all`, or a number of lines; Docker takes what is not a number for all.
fn tail(query: &Query) -> Result<Option<u64>, Failure> {
    match query.text("tail") {
        "" | "all" => Ok(None),
        text => Ok(text.parse::<i64>().ok().and_then(|lines| u64::try_from(lines).ok())),
    }
}

/// What is read of a log by who wants these streams.
pub(super) fn sources(stdout: bool, stderr: bool) -> Result<LogSources, Failure> {
    match (stdout, stderr) {
        (true, true) => Ok(LogSources::All),
        (true, false) => Ok(LogSources::Only(LogSource::Stdout)),
        (false, true) => Ok(LogSources::Only(LogSource::Stderr)),
        (false, false) => Err(Failure::invalid("Bad parameters: you must choose at least one stream")),
    }
}

/// Writes the entries that are there, as they were written.
pub(super) async fn replay(
    log: &mut LogStream,
    client: &mut (impl AsyncWrite + Unpin),
) -> Result<(), EngineError> {
    let gone = |source| EngineError::System { operation: "send a log".to_owned(), source };
    let shown = Shown { timestamps: false, details: false };
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        gather(log, shown, &mut chunk)?;
        if chunk.is_empty() {
            return client.flush().await.map_err(gone);
        }
        client.write_all(&chunk).await.map_err(gone)?;
        chunk.clear();
    }
}

/// Sends entries until there are no more. The head of the answer is gone: a failure can only end the stream.
async fn forward(mut log: LogStream, shown: Shown, sender: ChunkSender) {
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        match gather(&mut log, shown, &mut chunk) {
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

fn gather(log: &mut LogStream, shown: Shown, chunk: &mut Vec<u8>) -> Result<(), EngineError> {
    let tty = log.tty;
    while chunk.len() < CHUNK {
        let Some(entry) = log.next_entry()? else { return Ok(()) };
        append(&entry, tty, shown, chunk);
    }
    Ok(())
}

/// What stands before each line.
#[derive(Debug, Clone, Copy)]
struct Shown {
    timestamps: bool,
    details: bool,
}

fn append(entry: &LogEntry<'_>, tty: bool, shown: Shown, chunk: &mut Vec<u8>) {
    let stamp = shown.timestamps.then(|| entry.at.rfc3339_nano_fixed());
    let [stamp, blank]: [&[u8]; 2] = stamp.as_ref().map_or([b"", b""], |stamp| [stamp, b" "]);
    let details = if shown.details { details(entry.attributes) } else { String::new() };
    let parts = [stamp, blank, details.as_bytes(), entry.bytes];
    if tty {
        parts.iter().for_each(|part| chunk.extend_from_slice(part));
        return;
    }
    let kind = if entry.stream == LogSource::Stdout { STDOUT } else { STDERR };
    framing::append(chunk, kind, &parts);
}

/// `name=value,…` and a blank, encoded as in a query, as Docker writes them.
fn details(attributes: &[u8]) -> String {
    let attributes: BTreeMap<String, String> = serde_json::from_slice(attributes).unwrap_or_default();
    let encode = |text: &str| utf8_percent_encode(text, QUERY).to_string().replace("%20", "+");
    let pairs: Vec<String> =
        attributes.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join(",") + " "
}

/// What Go's `url.QueryEscape` leaves as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

#[cfg(test)]
mod tests {
    use super::details;

    #[test]
    fn details_are_encoded_and_end_with_a_blank() {
        assert_eq!(details(br#"{"b":"1 2","a":"x=y,z~"}"#), "a=x%3Dy%2Cz~,b=1+2 ");
        assert_eq!(details(b""), " ");
    }
}
