//! How a command ends when it does not end well: a text for stderr and an exit code.

use std::io;

/// An unsuccessful end. The text is printed as it is; an empty one prints nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) message: String,
}

/// How most functions here end.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A text, and exit code 1.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::with_code(1, message)
    }

    pub(crate) fn with_code(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The exit code of a container, without a word.
    pub(crate) fn exit(code: i64) -> Self {
        // The kernel keeps eight bits of an exit code, and so does a shell that reads ours.
        Self { code: (code & 0xff) as u8, message: String::new() }
    }

    /// Several failures as one: a line each.
    pub(crate) fn join(failures: &[String]) -> Outcome {
        if failures.is_empty() { Ok(()) } else { Err(Self::new(failures.join("\n"))) }
    }
}

impl From<corten_api_client::Error> for Failure {
    fn from(error: corten_api_client::Error) -> Self {
        Self::new(describe(&error))
    }
}

/// A failed request for the user: what the engine said stands alone, a broken connection tells why.
pub(crate) fn describe(error: &corten_api_client::Error) -> String {
    match error {
        // Docker's line, which scripts look for, says no more.
        corten_api_client::Error::Connect { .. } => error.to_string(),
        _ => corten_error::chain(error),
    }
}

impl From<io::Error> for Failure {
    /// Output that nobody reads any more is not a failure.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::with_code(0, ""),
            _ => Self::new(error.to_string()),
        }
    }
}

/// An I/O failure in the words of Go: `open config: no such file or directory`.
pub(crate) fn go_text(verb: &str, path: &str, error: &io::Error) -> String {
    let text = error.to_string();
    let bare = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = bare.chars();
    let lowered = characters.next().map(|first| first.to_lowercase().chain(characters).collect::<String>());
    format!("{verb} {path}: {}", lowered.unwrap_or_default())
}
