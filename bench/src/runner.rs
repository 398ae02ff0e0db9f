//! The near end of a runner: orders go in, samples come out.
//!
//! The measuring itself happens in a small process of its own, see `measure`.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::measure::WITHOUT_UNIFIED;
use crate::order::{Leaves, Order, Sample};
use crate::site::Site;

/// What the commands of a runner see of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// All of it.
    Host,
    /// A mount namespace in which v2 is not mounted beside v1.
    WithoutUnified,
    /// A network of somebody's own; no engine meets another's firewall.
    Site(Guest),
}

/// Who has a network of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guest {
    /// Nobody: programs without a container.
    Bare,
    /// Ourselves.
    Corten,
    /// dockerd.
    Docker,
    /// Podman, where v2 is not mounted beside v1.
    Podman,
}

impl View {
    fn is_without_unified(self) -> bool {
        matches!(self, View::WithoutUnified | View::Site(Guest::Podman))
    }
}

/// A command with its surroundings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// `NAME=VALUE` each.
    pub environment: Vec<String>,
    /// The path of the program and its arguments.
    pub words: Vec<String>,
    /// Whether its standard output is thrown away as it comes.
    pub discard_output: bool,
    /// What of it may stay.
    pub leaves: Leaves,
}

impl CommandLine {
    /// For messages.
    #[must_use]
    pub fn describe(&self) -> String {
        self.words.join(" ")
    }
}

/// A process that runs commands one after another. It ends when dropped.
#[derive(Debug)]
pub struct Runner {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// Where output and errors of the command go.
    files: TempDir,
}

impl Runner {
    /// Starts the program `runner`, in a network of its own where there is one.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn start(runner: &Path, view: View, site: Option<&Site>) -> Result<Runner> {
        let files = TempDir::new().map_err(Error::file("create a directory in", std::env::temp_dir()))?;
        let words = [site.map_or_else(Vec::new, Site::inside), vec![runner.display().to_string()]].concat();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped());
        if view.is_without_unified() {
            command.arg(WITHOUT_UNIFIED);
        }
        let mut process = command.spawn().map_err(Error::file("run", runner))?;
        let (Some(orders), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Error::file("talk to", runner)(std::io::ErrorKind::BrokenPipe.into()));
        };
        Ok(Runner { process, orders: Some(orders), answers: BufReader::new(answers), files })
    }

    /// Runs a command to its end, and everything that it leaves.
    ///
    /// # Errors
    /// [`Error::Command`] when it ends with something else than zero; [`Error::Unmeasured`].
    pub fn run(&mut self, command: &CommandLine) -> Result<Sample> {
        let unmeasured = |reason: String| Error::Unmeasured { command: command.describe(), reason };
        let line = self.ask(&self.order(command)).map_err(|error| unmeasured(error.to_string()))?;
        let sample = Sample::decode(&line).map_err(unmeasured)?;
        if sample.exit_code != 0 {
            let errors = fs::read(self.errors()).unwrap_or_default();
            let errors = String::from_utf8_lossy(&errors).trim().to_owned();
            return Err(Error::Command { command: command.describe(), exit_code: sample.exit_code, errors });
        }
        Ok(sample)
    }

    /// What the last command wrote to standard output.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn output(&self) -> Result<String> {
        let bytes = fs::read(self.captured()).map_err(Error::file("read", self.captured()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn order(&self, command: &CommandLine) -> Order {
        let output = if command.discard_output { PathBuf::from("/dev/null") } else { self.captured() };
        Order {
            output: output.display().to_string(),
            errors: self.errors().display().to_string(),
            leaves: command.leaves.clone(),
            environment: command.environment.clone(),
            command: command.words.clone(),
        }
    }

    fn ask(&mut self, order: &Order) -> std::io::Result<String> {
        let orders = self.orders.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
        writeln!(orders, "{}", order.encode())?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn captured(&self) -> PathBuf {
        self.files.path().join("output")
    }

    fn errors(&self) -> PathBuf {
        self.files.path().join("errors")
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // The end of its orders is its end.
        self.orders = None;
        // It cannot fail in a way that matters any more.
        let _ = self.process.wait();
    }
}
