//! What is known of a container's health: one small file in its run directory, written by its monitor, read by engines.
//!
//! It is replaced as a whole. Its first line is all that a list of containers needs; the results of the last probes are in the second.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use corten_spec::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The file's name in the container's run directory, and that of its successor while it is written.
const NAME: &str = "health";
const SUCCESSOR: &str = "health.new";

/// More than any first line has.
const LONGEST_HEAD: u64 = 256;

/// More than a report has: five results whose bytes JSON writes with six each.
const LARGEST: u64 = 256 * 1024;

/// Docker's words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No probe has told yet.
    Starting,
    /// The last probe that counts succeeded.
    Healthy,
    /// Too many have failed in a row; also what Docker says of a container that is not probed just now.
    Unhealthy,
}

impl Status {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// What one probe came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// When it began.
    pub start: Timestamp,
    /// When it ended.
    pub end: Timestamp,
    /// 0 = healthy; -1 = it took too long, or could not be run.
    pub exit_code: i32,
    /// The beginning of what it wrote, or what went wrong.
    pub output: String,
    /// Whether its process could not be started: `output` says why, in the words of the runtime.
    #[serde(default)]
    pub not_started: bool,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What the container is by now.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// Failures in a row that count.
    pub failing_streak: u64,
    /// The last results, oldest first; some may be of the run before.
    pub log: Vec<ProbeResult>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    status: Status,
    since: Timestamp,
    failing_streak: u64,
}

impl Report {
    /// Writes it in place of the one before.
    ///
    /// # Errors
    /// What open(2), write(2) and rename(2) say; the one before stays then.
    pub(crate) fn write(&self, run: &Path) -> io::Result<()> {
        let Self { status, since, failing_streak, ref log } = *self;
        let mut bytes = serde_json::to_vec(&Head { status, since, failing_streak })?;
        bytes.push(b'\n');
        serde_json::to_writer(&mut bytes, log)?;
        let successor = run.join(SUCCESSOR);
        let mut file =
            File::options().write(true).create(true).truncate(true).mode(0o600).open(&successor)?;
        file.write_all(&bytes)?;
        fs::rename(&successor, run.join(NAME))
    }
}

/// The report of the container with this run directory; `None` where there is none in this boot, or none that can be read.
#[must_use]
pub fn read(run: &Path) -> Option<Report> {
    let text = beginning(run, LARGEST)?;
    let (head, log) = text.split_once('\n')?;
    let Head { status, since, failing_streak } = serde_json::from_str(head).ok()?;
    Some(Report { status, since, failing_streak, log: serde_json::from_str(log).ok()? })
}

/// The status alone, at the cost of one short read.
#[must_use]
pub fn read_status(run: &Path) -> Option<Status> {
    let text = beginning(run, LONGEST_HEAD)?;
    let head: Head = serde_json::from_str(text.lines().next()?).ok()?;
    Some(head.status)
}

/// Cut where it may be: in the middle of a character, too.
fn beginning(run: &Path, length: u64) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(run.join(NAME)).ok()?.take(length).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(output: &str) -> Report {
        let result = ProbeResult {
            start: Timestamp::from_nanos(1),
            end: Timestamp::from_nanos(2),
            exit_code: 1,
            output: output.to_owned(),
            not_started: false,
        };
        let log = vec![result; 5];
        Report { status: Status::Unhealthy, since: Timestamp::from_nanos(3), failing_streak: 7, log }
    }

    #[test]
    fn what_is_written_is_read_whatever_a_probe_has_said() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()), None);
        for output in ["", "line\nline", &"\u{1}".repeat(4096), &"\u{20ac}".repeat(1365)] {
            report(output).write(directory.path()).unwrap();
            assert_eq!(read(directory.path()), Some(report(output)));
            assert_eq!(read_status(directory.path()), Some(Status::Unhealthy));
        }
    }

    #[test]
    fn a_damaged_report_is_none() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(NAME), "{\"status\":\"blue\"}\n[]").unwrap();
        assert_eq!((read(directory.path()), read_status(directory.path())), (None, None));
    }
}
