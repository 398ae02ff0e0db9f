//! Where the time goes: named moments of one monotonic clock, in this process and its child.
//!
//! It prints microseconds per phase and does no statistics.

use std::fmt;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// What the child's report begins with when it failed.
const FAILED: &str = "!";

#[derive(Debug, Clone)]
pub(crate) struct Stopwatch {
    start: Instant,
    /// The end of each phase, from the start.
    marks: Vec<(String, Duration)>,
}

impl Stopwatch {
    pub(crate) fn start() -> Stopwatch {
        Stopwatch { start: Instant::now(), marks: Vec::with_capacity(32) }
    }

    /// The phase that ends now.
    pub(crate) fn mark(&mut self, phase: &str) {
        self.marks.push((phase.to_owned(), self.start.elapsed()));
    }

    /// Every mark so far, for the parent to [`Stopwatch::adopt`].
    pub(crate) fn report(&self) -> String {
        self.marks.iter().map(|(phase, end)| format!("{}\t{phase}\n", end.as_nanos())).collect()
    }

    pub(crate) fn report_failure(error: &Error) -> String {
        format!("{FAILED}{error}")
    }

    /// Takes over the marks of a child that began as a copy of this watch.
    pub(crate) fn adopt(&mut self, report: &str) -> Result<()> {
        if let Some(failure) = report.strip_prefix(FAILED) {
            return Err(Error::Child(failure.to_owned()));
        }
        let mark = |line: &str| {
            let (nanoseconds, phase) = line.split_once('\t')?;
            Some((phase.to_owned(), Duration::from_nanos(nanoseconds.parse().ok()?)))
        };
        let marks: Option<Vec<_>> = report.lines().map(mark).collect();
        self.marks =
            marks.filter(|marks| !marks.is_empty()).ok_or_else(|| Error::Child(report.to_owned()))?;
        Ok(())
    }
}

impl fmt::Display for Stopwatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = Duration::ZERO;
        for (phase, end) in &self.marks {
            writeln!(formatter, "{}\t{phase}", (*end - before).as_micros())?;
            before = *end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(marks: &[(&str, u64)]) -> Stopwatch {
        let marks = marks.iter().map(|(phase, end)| ((*phase).to_owned(), Duration::from_micros(*end)));
        Stopwatch { start: Instant::now(), marks: marks.collect() }
    }

    #[test]
    fn phases_last_from_one_mark_to_the_next_across_both_processes() {
        let mut parent = watch(&[("prepare", 10)]);
        parent.adopt(&watch(&[("prepare", 10), ("clone", 35)]).report()).unwrap();
        assert_eq!(parent.to_string(), "10\tprepare\n25\tclone\n");
    }

    #[test]
    fn a_child_that_failed_or_died_is_no_measurement() {
        let report = Stopwatch::report_failure(&Error::NoCgroups);
        assert_eq!(
            watch(&[]).adopt(&report).unwrap_err().to_string(),
            "the child: there are no cgroups on this machine"
        );
        assert!(watch(&[]).adopt("").is_err());
    }
}
