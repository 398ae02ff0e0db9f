//! What tells one process from a later one with the same number.
//!
//! It does not follow processes (see [`crate::pidfd`]).

use std::fs::File;
use std::io::{self, Read as _};

/// What `/proc/PID/stat` says of a process (proc_pid_stat(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Whether it has ended and is only waited for.
    pub ended: bool,
    /// Whether a signal or a tracer has stopped it.
    pub stopped: bool,
    /// The process that it is a child of.
    pub parent: u32,
    /// When it began, in clock ticks since boot.
    pub start_time: u64,
}

/// 52 fields, of which one is a name of at most 64 bytes and the others are numbers.
const LONGEST_LINE: usize = 64 + 52 * 21;

/// What the process with this number is now.
///
/// # Errors
/// `NotFound` when there is none; `InvalidData` when the line is not as proc_pid_stat(5) has it.
pub fn status(pid: u32) -> io::Result<Status> {
    let mut line = [0; LONGEST_LINE];
    // One read: who does not know the length takes seven.
    let length = File::open(format!("/proc/{pid}/stat"))?.read(&mut line)?;
    status_of(&line[..length]).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// When the process began, in clock ticks since boot.
///
/// # Errors
/// As [`status`].
pub fn start_time(pid: u32) -> io::Result<u64> {
    status(pid).map(|status| status.start_time)
}

/// The name (field 2) is in parentheses and may itself hold parentheses and blanks, so fields are counted from the last one.
fn status_of(line: &[u8]) -> Option<Status> {
    let name_end = line.iter().rposition(|byte| *byte == b')')?;
    let mut fields = std::str::from_utf8(&line[name_end + 1..]).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    Some(Status {
        ended: matches!(state, "Z" | "X" | "x"),
        stopped: matches!(state, "T" | "t"),
        parent: fields.next()?.parse().ok()?,
        start_time: fields.nth(17)?.parse().ok()?,
    })
}

/// Sets the execution domain and its flags (personality(2)).
///
/// # Errors
/// What personality(2) says.
pub fn set_personality(persona: u32) -> io::Result<()> {
    // SAFETY: personality(2) takes one integer.
    crate::call::checked(unsafe { libc::personality(persona.into()) }.into()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_parentheses_does_not_shift_the_fields() {
        let line = b"7 (a ) b) (c) T 5 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 1 1";
        let expected = Status { ended: false, stopped: true, parent: 5, start_time: 4242 };
        assert_eq!(status_of(line), Some(expected));
    }

    #[test]
    fn this_process_began_after_the_first() {
        assert!(start_time(std::process::id()).unwrap() > start_time(1).unwrap());
    }
}
