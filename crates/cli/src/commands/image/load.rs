//! `load`: takes images from an archive.

use std::io::{self, IsTerminal};
use std::pin::Pin;

use tokio::fs::File;
use tokio::io::AsyncRead;

use crate::commands::platform;
use crate::failure::{Failure, Outcome, go_text};
use crate::flags::Parsed;
use crate::output::{Sink, show_progress};
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let input: Pin<Box<dyn AsyncRead + Send>> = match parsed.text("input") {
        "" if io::stdin().is_terminal() => {
            return Err(Failure::new("requested load from stdin, but stdin is empty"));
        }
        "" => Box::pin(tokio::io::stdin()),
        path => {
            let failed = |verb| move |error: io::Error| Failure::new(go_text(verb, path, &error));
            let file = File::open(path).await.map_err(failed("open"))?;
            // A directory can be opened, and would fail in the middle of the request.
            if file.metadata().await.map_err(failed("read"))?.is_dir() {
                return Err(failed("read")(io::ErrorKind::IsADirectory.into()));
            }
            Box::pin(file)
        }
    };
    let quiet = parsed.is_on("quiet") || !io::stdout().is_terminal();
    let platforms = platform::list_to_json(parsed.list("platform"))?;
    let mut messages = session.client.image_load(input, quiet, &platforms).await?;
    show_progress(&mut messages, Sink::Stdout).await
}
