//! The declaration of one command.

use std::future::Future;
use std::pin::Pin;

use crate::failure::Outcome;
use crate::flags::{Flag, Parsed, flag_usages};
use crate::session::Session;
use crate::surroundings::Surroundings;

/// A command at work.
pub(crate) type Running = Pin<Box<dyn Future<Output = Outcome>>>;

/// How many arguments a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arity {
    None,
    Exactly(usize),
    AtLeast(usize),
    AtMost(usize),
    Between(usize, usize),
}

/// One command of the tree; it may stand at several places (`ps`, `container ls`).
pub(crate) struct Command {
    pub(crate) paths: &'static [&'static [&'static str]],
    /// What follows the command's name in its usage line.
    pub(crate) usage: &'static str,
    /// One line for the help; empty for what programs call and no help lists.
    pub(crate) about: &'static str,
    pub(crate) flags: &'static [Flag],
    pub(crate) arity: Arity,
    /// Whether flags may come after arguments.
    pub(crate) interspersed: bool,
    pub(crate) run: Run,
}

/// How a command does its work.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// By asking an engine.
    Client(fn(Session, Parsed) -> Running),
    /// Without an engine.
    Local(fn(&Surroundings, &Parsed) -> Outcome),
    /// By being one, for others.
    Daemon,
}

impl Command {
    /// `corten run [OPTIONS] IMAGE [COMMAND] [ARG...]`.
    pub(crate) fn usage_line(&self, called: &str) -> String {
        format!("{called} {}", self.usage).trim_end().to_owned()
    }

    /// What `--help` prints.
    pub(crate) fn help(&self, called: &str, program: &str) -> String {
        let mut text = format!("Usage:  {}\n\n{}\n", self.usage_line(called), self.about);
        if self.paths.len() > 1 {
            let aliases: Vec<String> =
                self.paths.iter().map(|path| format!("{program} {}", path.join(" "))).collect();
            text.push_str(&format!("\nAliases:\n  {}\n", aliases.join(", ")));
        }
        if !self.flags.is_empty() {
            text.push_str(&format!("\nOptions:\n{}", flag_usages(self.flags)));
        }
        text
    }

    /// Exit code when there is no engine: 125 where other codes are the container's.
    pub(crate) fn no_engine(&self) -> u8 {
        if self.starts_what_it_creates() { 125 } else { 1 }
    }

    /// Whether this is `run`.
    pub(crate) fn starts_what_it_creates(&self) -> bool {
        self.paths.iter().any(|path| path.ends_with(&["run"]))
    }

    /// Refuses a wrong number of arguments with Docker's text.
    pub(crate) fn check_arity(&self, given: usize, called: &str, program: &str) -> Result<(), String> {
        let plural = |count: usize| if count == 1 { "argument" } else { "arguments" };
        let (wrong, hint) = match self.arity {
            Arity::None if given > 0 => ("accepts no arguments".to_owned(), "Run"),
            Arity::Exactly(count) if given != count => (format!("requires {count} {}", plural(count)), "Run"),
            Arity::AtLeast(count) if given < count => {
                (format!("requires at least {count} {}", plural(count)), "See")
            }
            Arity::AtMost(count) if given > count => {
                (format!("requires at most {count} {}", plural(count)), "Run")
            }
            Arity::Between(least, most) if !(least..=most).contains(&given) => {
                (format!("requires at least {least} and at most {most} {}", plural(most)), "Run")
            }
            _ => return Ok(()),
        };
        let usage = self.usage_line(called);
        Err(format!(
            "{program}: '{called}' {wrong}\n\nUsage:  {usage}\n\n{hint} '{called} --help' for more information"
        ))
    }
}
