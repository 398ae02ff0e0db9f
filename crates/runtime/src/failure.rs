//! A step of the new process that failed: as the process tells it, and as its starter sees it.
//!
//! It decides the exit code, not what is done about it.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

/// The program cannot be invoked: the shell's and Docker's exit code for that.
pub(crate) const CANNOT_INVOKE: i32 = 126;
/// The program, or what it needs to run, is not there.
pub(crate) const NOT_FOUND: i32 = 127;
/// Everything else that keeps a container from starting.
pub(crate) const CANNOT_START: i32 = 128;

/// A container or a process in it that did not come to run its program. Nothing of it is left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StartFailure {
    /// 126 (cannot be invoked), 127 (not found) or 128 (everything else), as Docker shows it.
    pub exit_code: i32,
    /// What failed: verb, operand and the system's reason.
    pub message: String,
    /// The step of the set-up that it failed in.
    pub step: String,
}

/// A [`StartFailure`] on its way: the errno as a number, so that the reader decides on its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// The step, filled in by whoever runs the steps.
    pub(crate) step: String,
    /// Verb and operand.
    pub(crate) operation: String,
    /// The system's reason, where a system call was refused.
    pub(crate) errno: Option<i32>,
    /// See [`StartFailure::exit_code`].
    pub(crate) exit_code: i32,
}

impl Failure {
    /// A refusal of our own.
    pub(crate) fn refused(operation: impl Into<String>) -> Self {
        Self { step: String::new(), operation: operation.into(), errno: None, exit_code: CANNOT_START }
    }

    /// A system call that failed.
    pub(crate) fn system(operation: impl Into<String>, cause: &io::Error) -> Self {
        let errno = cause.raw_os_error();
        let mut operation = operation.into();
        if errno.is_none() {
            operation = format!("{operation}: {cause}");
        }
        Self { step: String::new(), operation, errno, exit_code: CANNOT_START }
    }

    pub(crate) fn with_exit_code(self, exit_code: i32) -> Self {
        Self { exit_code, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operation)?;
        match self.errno {
            Some(errno) => write!(f, ": {}", errno_text(errno)),
            None => Ok(()),
        }
    }
}

impl From<Failure> for StartFailure {
    fn from(failure: Failure) -> Self {
        Self { exit_code: failure.exit_code, message: failure.to_string(), step: failure.step }
    }
}

/// The system's words for an errno, lower case as Go (and so Docker) prints them: `permission denied`.
pub(crate) fn errno_text(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    let mut characters = words.chars();
    characters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(characters).collect()
}

/// Names what was being done when a system call failed; the words are made only then.
pub(crate) trait Doing<T> {
    fn doing(self, operation: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T, E: Into<io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, operation: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|cause| Failure::system(operation(), &cause.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_failure_reads_as_gos_errors_do() {
        let failure = Failure::system("exec: \"/x\"", &io::Error::from_raw_os_error(13));
        assert_eq!(failure.to_string(), "exec: \"/x\": permission denied");
    }

    #[test]
    fn a_cause_without_errno_keeps_its_words() {
        let failure = Failure::system("read `/etc/passwd`", &io::Error::other("not a regular file"));
        assert_eq!(failure.to_string(), "read `/etc/passwd`: not a regular file");
    }
}
