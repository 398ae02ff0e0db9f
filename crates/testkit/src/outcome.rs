//! What came of one command: its exit code and what it said.
//!
//! The assertions print everything, so that a failure in CI can be read without running it again.

use std::process::Output;

/// A command that has ended.
#[derive(Debug)]
pub struct Outcome {
    /// What was typed.
    pub command: String,
    /// The exit code as a shell tells it: 128 and the number for a signal.
    pub code: i32,
    /// Standard output, byte for byte.
    pub stdout_bytes: Vec<u8>,
    /// Standard error, byte for byte.
    pub stderr_bytes: Vec<u8>,
}

impl Outcome {
    /// Of a command that has ended, described as a failed test is to name it.
    #[must_use]
    pub fn new(command: String, output: Output) -> Outcome {
        use std::os::unix::process::ExitStatusExt;
        let status = output.status;
        let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
        Outcome { command, code, stdout_bytes: output.stdout, stderr_bytes: output.stderr }
    }

    /// Standard output as text.
    #[must_use]
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout_bytes).into_owned()
    }

    /// Standard error as text.
    #[must_use]
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr_bytes).into_owned()
    }

    /// Standard output without the line break at its end: an id, say.
    #[must_use]
    pub fn line(&self) -> String {
        self.stdout().trim_end().to_owned()
    }

    /// Fails the test unless the exit code was zero.
    ///
    /// # Panics
    /// With everything that the command said.
    #[track_caller]
    pub fn success(self) -> Outcome {
        self.exited(0)
    }

    /// Fails the test unless the exit code was `code`.
    ///
    /// # Panics
    /// With everything that the command said.
    #[track_caller]
    pub fn exited(self, code: i32) -> Outcome {
        assert_eq!(
            self.code,
            code,
            "exit code of `{}`\n--- stdout\n{}--- stderr\n{}",
            self.command,
            self.stdout(),
            self.stderr()
        );
        self
    }
}
