//! Shows the messages of a load, a pull or a push as they come.

use std::io::{IsTerminal, Write};

use corten_api_client::JsonStream;
use corten_api_types::{Progress, ProgressDetail};

use crate::failure::{Failure, Outcome};

/// Where messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sink {
    /// They are what the command is for.
    Stdout,
    /// They are beside what the command is for.
    Stderr,
    /// Nobody wants them, only to know whether it failed.
    Nowhere,
}

/// Prints the messages until the stream ends; a failure in it ends the command. Bars are shown on a terminal only, one
/// line an id.
pub(crate) async fn show_progress(messages: &mut JsonStream<Progress>, sink: Sink) -> Outcome {
    show_progress_noting(messages, sink, &mut Vec::new()).await
}

/// The same; what is for programs is not shown but noted, also of what fails later.
pub(crate) async fn show_progress_noting(
    messages: &mut JsonStream<Progress>,
    sink: Sink,
    notes: &mut Vec<serde_json::Value>,
) -> Outcome {
    let (mut stdout, mut stderr) = (std::io::stdout(), std::io::stderr());
    let (into, terminal): (&mut dyn Write, bool) = match sink {
        Sink::Stdout => (&mut stdout, std::io::stdout().is_terminal()),
        Sink::Stderr => (&mut stderr, std::io::stderr().is_terminal()),
        Sink::Nowhere => (&mut std::io::sink(), false),
    };
    let mut ids: Vec<String> = Vec::new();
    while let Some(message) = messages.next().await? {
        if let Some(error) = &message.error_detail {
            return Err(Failure::new(&error.message));
        }
        if let Some(note) = message.aux {
            notes.push(note);
            continue;
        }
        let text = render(&message, terminal, &mut ids);
        into.write_all(text.as_bytes())?;
        into.flush()?;
    }
    Ok(())
}

fn render(message: &Progress, terminal: bool, ids: &mut Vec<String>) -> String {
    if !message.stream.is_empty() {
        ids.clear();
        return message.stream.clone();
    }
    let bar = bar(message);
    if !terminal {
        return if bar.is_empty() && !message.status.is_empty() { line(message, "") } else { String::new() };
    }
    if message.id.is_empty() || message.progress_detail.is_none() {
        ids.clear();
        return line(message, &bar);
    }
    let (row, new) = match ids.iter().position(|id| *id == message.id) {
        Some(row) => (row, ""),
        None => {
            ids.push(message.id.clone());
            (ids.len() - 1, "\n")
        }
    };
    let up = ids.len() - row;
    // Up to the id's line, erase it, write it, and down again.
    format!("{new}\x1b[{up}A\x1b[2K\r{}: {} {bar}\r\x1b[{up}B", message.id, message.status)
}

fn line(message: &Progress, bar: &str) -> String {
    let id = if message.id.is_empty() { String::new() } else { format!("{}: ", message.id) };
    let text = format!("{id}{} {bar}", message.status);
    format!("{}\n", text.trim_end())
}

fn bar(message: &Progress) -> String {
    message.progress_detail.as_ref().map(ProgressDetail::bar).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_on_terminals() {
        let detail = ProgressDetail { current: 5, total: 10, ..ProgressDetail::default() };
        let message = Progress {
            id: "abc".to_owned(),
            status: "Loading layer".to_owned(),
            progress_detail: Some(detail),
            ..Progress::default()
        };
        assert_eq!(render(&message, false, &mut Vec::new()), "");
        let mut ids = Vec::new();
        let first = render(&message, true, &mut ids);
        assert!(first.starts_with("\n\x1b[1A") && first.contains(">"), "{first:?}");
        assert!(render(&message, true, &mut ids).starts_with("\x1b[1A"));
    }

    #[test]
    fn plain_text_and_status_are_printed_everywhere() {
        let text = Progress::stream("Loaded image: a:b\n");
        assert_eq!(render(&text, false, &mut Vec::new()), "Loaded image: a:b\n");
        let status = Progress { status: "Waiting".to_owned(), ..Progress::default() };
        assert_eq!(render(&status, false, &mut Vec::new()), "Waiting\n");
    }
}
