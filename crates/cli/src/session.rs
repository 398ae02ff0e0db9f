//! What a running command has: the engine's client, the names it was called by, its output.

use std::io::{self, IsTerminal, Write};

use corten_api_client::Client;

use crate::failure::{Failure, Outcome};
use crate::host::{Build, Environment};
use crate::output::visible;

/// The surroundings of one command.
pub(crate) struct Session {
    pub(crate) client: Client,
    /// `corten`, or `docker` when called by that name.
    pub(crate) program: String,
    /// Program and command as they were typed: `corten container run`.
    pub(crate) called: String,
    pub(crate) build: Build,
    pub(crate) environment: Environment,
    /// `--config`.
    pub(crate) configuration: Option<String>,
}

impl Session {
    /// Writes to stdout.
    pub(crate) fn print(&self, text: &str) -> Outcome {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        Ok(stdout.flush()?)
    }

    /// Writes a line to stdout.
    pub(crate) fn line(&self, text: &str) -> Outcome {
        self.print(&format!("{text}\n"))
    }

    /// Writes a line to stderr; that nobody reads it is no reason to stop.
    pub(crate) fn complain(&self, text: &str) {
        drop(writeln!(io::stderr().lock(), "{}", visible(text)));
    }

    /// A variable of the environment, if it is set to text.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name)?.into_string().ok()
    }

    /// Refuses to attach a terminal's container to something else (Docker's text).
    pub(crate) fn check_terminal(&self, stdin: bool, tty: bool) -> Outcome {
        if tty && stdin && !io::stdin().is_terminal() {
            return Err(Failure::new("the input device is not a TTY"));
        }
        Ok(())
    }
}
