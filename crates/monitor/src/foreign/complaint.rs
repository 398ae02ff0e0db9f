//! Why a runtime failed, in its own words where it has some.
//!
//! The words around those are containerd's and Docker's, and so are the exit codes that are read out of them.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// How much of a log or of what was written to standard error is looked at, in bytes from the end.
const LONGEST: usize = 16 * 1024;

const NOT_FOUND: i32 = 127;
const CANNOT_INVOKE: i32 = 126;

/// A command of a runtime that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Complaint {
    /// `create`, `start` …
    pub(super) command: String,
    /// What it said; may be empty.
    pub(super) reason: String,
    /// How it ended.
    pub(super) ending: String,
}

/// One line of a runtime's log in JSON.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    level: String,
    #[serde(default)]
    msg: String,
}

impl Complaint {
    /// Tells a client. `heard` is what the runtime wrote where the container's own standard error was to be; `program` is what the
    /// container was to run.
    pub(super) fn into_failure(self, heard: &str, program: &str) -> Failure {
        let reason = match (self.reason.as_str(), heard) {
            ("", "") => self.ending,
            ("", heard) => heard.to_owned(),
            (reason, _) => reason.to_owned(),
        };
        let exit_code = exit_code(&reason, program);
        let message = format!("OCI runtime {} failed: {reason}: unknown", self.command);
        exit_code.map_or_else(
            || Failure::new(&message),
            |exit_code| Failure { exit_code, message: message.clone() },
        )
    }
}

/// As Docker reads it out of the words, where they are about the program.
fn exit_code(reason: &str, program: &str) -> Option<i32> {
    let reason = reason.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| reason.contains(words));
    if program.is_empty() || !reason.contains(&program.to_lowercase()) {
        return None;
    }
    if says(&["executable file not found", "no such file or directory", "not found in $path"]) {
        return Some(NOT_FOUND);
    }
    says(&["permission denied", "is a directory", "exec format error"]).then_some(CANNOT_INVOKE)
}

/// The last error in a log; empty where it tells of none.
pub(super) fn last_error(log: &Path) -> String {
    let text = tail(log);
    let lines = text.lines().rev().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let mut errors = lines.filter(|line| matches!(line.level.as_str(), "error" | "fatal"));
    errors.next().map(|line| line.msg.trim().to_owned()).unwrap_or_default()
}

/// The end of a file, without white space around it; empty where there is none.
pub(super) fn tail(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(LONGEST)..]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(reason: &str, heard: &str) -> (i32, String) {
        let complaint =
            Complaint { command: "create".into(), reason: reason.into(), ending: "exit status: 1".into() };
        let failure = complaint.into_failure(heard, "nosuch");
        (failure.exit_code, failure.message)
    }

    #[test]
    fn the_runtimes_own_words_outrank_what_was_heard_and_that_how_it_ended() {
        assert_eq!(told("because", "noise"), (128, "OCI runtime create failed: because: unknown".into()));
        assert_eq!(told("", "noise"), (128, "OCI runtime create failed: noise: unknown".into()));
        assert_eq!(told("", ""), (128, "OCI runtime create failed: exit status: 1: unknown".into()));
    }

    #[test]
    fn the_exit_code_is_read_out_of_words_about_the_program() {
        assert_eq!(told(r#"exec: "nosuch": executable file not found in $PATH"#, "").0, 127);
        assert_eq!(told("executable file `nosuch` not found: No such file or directory", "").0, 127);
        assert_eq!(told(r#"exec: "nosuch": permission denied"#, "").0, 126);
        assert_eq!(told("mount /x: no such file or directory", "").0, 128);
    }

    #[test]
    fn the_last_error_of_a_log_is_found_among_other_lines() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        fs::write(
            &log,
            "noise\n{\"level\":\"error\",\"msg\":\"this\"}\n{\"level\":\"warning\",\"msg\":\"that\"}\n",
        )
        .unwrap();
        assert_eq!(last_error(&log), "this");
        assert_eq!(last_error(&directory.path().join("none")), "");
    }
}
