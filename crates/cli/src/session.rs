//! What a command has that talks to an engine: the engine's client, and its surroundings.

use std::io::{self, IsTerminal};
use std::ops::Deref;

use corten_api_client::Client;

use crate::failure::{Failure, Outcome};
use crate::surroundings::Surroundings;

/// One command at work.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) around: Surroundings,
}

impl Deref for Session {
    type Target = Surroundings;

    fn deref(&self) -> &Surroundings {
        &self.around
    }
}

impl Session {
    /// Refuses to attach a terminal's container to something else (Docker's text).
    pub(crate) fn check_terminal(&self, stdin: bool, tty: bool) -> Outcome {
        if tty && stdin && !io::stdin().is_terminal() {
            return Err(Failure::new("the input device is not a TTY"));
        }
        Ok(())
    }
}
