//! What every command has around it, whether it needs an engine or not: its names, global flags, the environment, its output.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::host::{Build, Environment};
use crate::output::visible;

/// The surroundings of one command.
pub(crate) struct Surroundings {
    /// `corten`, or `docker` when called by that name.
    pub(crate) program: String,
    /// Program and command as they were typed: `corten container run`.
    pub(crate) called: String,
    pub(crate) build: Build,
    pub(crate) environment: Environment,
    /// Flags before the command.
    pub(crate) globals: Parsed,
}

impl Surroundings {
    /// Refuses global flags that contradict each other (Docker's text).
    pub(crate) fn check(&self) -> Outcome {
        if self.globals.is_given("host") && !self.globals.text("context").is_empty() {
            return Err(Failure::new("conflicting options: cannot specify both --host and --context"));
        }
        Ok(())
    }

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

    /// The same, if there is something in it.
    pub(crate) fn filled(&self, name: &str) -> Option<String> {
        self.variable(name).filter(|text| !text.is_empty())
    }

    /// The directory of the client's configuration: `--config`, `DOCKER_CONFIG` or `~/.docker`.
    pub(crate) fn configuration(&self) -> PathBuf {
        match self.globals.text("config") {
            "" => self.usual_configuration(),
            named => PathBuf::from(named),
        }
    }

    /// The same without regard to `--config`; Docker looks for certificates there.
    pub(crate) fn usual_configuration(&self) -> PathBuf {
        let home = || PathBuf::from(self.variable("HOME").unwrap_or_default()).join(".docker");
        self.filled("DOCKER_CONFIG").map_or_else(home, PathBuf::from)
    }
}
