//! How much of a copy is done: a line on a terminal while it goes on, and one at its end.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use corten_spec::size::human_size;

/// How often the line is written anew, at most.
const INTERVAL: Duration = Duration::from_millis(75);

/// Tells on stderr, or nobody.
pub(crate) struct Progress {
    header: &'static str,
    is_quiet: bool,
    has_line: bool,
    copied: u64,
    told_at: Option<Instant>,
}

impl Progress {
    /// Begins to tell; the header says what is done.
    pub(crate) fn begin(header: &'static str, is_quiet: bool) -> Self {
        let has_line = !is_quiet && io::stderr().is_terminal();
        let mut progress = Self { header, is_quiet, has_line, copied: 0, told_at: None };
        progress.tell();
        progress
    }

    /// More was copied.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.copied += bytes as u64;
        if self.told_at.is_none_or(|at| at.elapsed() >= INTERVAL) {
            self.tell();
        }
    }

    fn tell(&mut self) {
        if self.has_line {
            self.told_at = Some(Instant::now());
            // That nobody sees it is no reason to stop copying.
            let _ = write!(io::stderr(), "\r\x1b[2K{}{}", self.header, human_size(self.copied));
        }
    }

    /// All is copied.
    pub(crate) fn succeed(&mut self, to: &str) {
        self.clear();
        if !self.is_quiet {
            let _ = writeln!(io::stderr(), "Successfully copied {} to {to}", human_size(self.copied));
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.has_line) {
            let _ = write!(io::stderr(), "\r\x1b[2K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
