//! `import`: makes an image of an archive of a file system.

use std::io::ErrorKind;
use std::pin::Pin;

use corten_api_client::ImportQuery;
use corten_spec::reference::Reference;
use tokio::fs::File;
use tokio::io::AsyncRead;

use crate::failure::{Failure, Outcome, go_text};
use crate::flags::Parsed;
use crate::output::{Sink, show_progress};
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let source = parsed.arguments[0].as_str();
    let reference = parsed.arguments.get(1).map_or("", String::as_str);
    let (input, source) = open(source).await?;
    if !reference.is_empty() {
        Reference::parse(reference).map_err(|error| Failure::new(error.to_string()))?;
    }
    let query = ImportQuery {
        source: source.to_owned(),
        reference: reference.to_owned(),
        message: parsed.text("message").to_owned(),
        platform: parsed.text("platform").to_lowercase(),
        changes: parsed.list("change").to_vec(),
    };
    let mut messages = session.client.image_import(input, &query).await?;
    show_progress(&mut messages, Sink::Stdout).await
}

/// What is sent, and what the engine is told of where it is from: a file is none of its business.
async fn open(source: &str) -> Outcome<(Pin<Box<dyn AsyncRead + Send>>, &str)> {
    if source == "-" {
        return Ok((Box::pin(tokio::io::stdin()), source));
    }
    if source.starts_with("http://") || source.starts_with("https://") {
        return Ok((Box::pin(tokio::io::empty()), source));
    }
    let failed = |verb, error: std::io::Error| Failure::new(go_text(verb, source, &error));
    let file = File::open(source).await.map_err(|error| failed("open", error))?;
    // A directory can be opened, and would fail in the middle of the request.
    if file.metadata().await.map_err(|error| failed("read", error))?.is_dir() {
        return Err(failed("read", ErrorKind::IsADirectory.into()));
    }
    Ok((Box::pin(file), "-"))
}
