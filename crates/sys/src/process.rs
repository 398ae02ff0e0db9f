//! What tells one process from a later one with the same number.
//!
//! It does not follow processes (see [`crate::pidfd`]).

use std::io;

/// When the process began, in clock ticks since boot: field 22 of `/proc/PID/stat` (proc_pid_stat(5)).
///
/// # Errors
/// `NotFound` when there is no such process; `InvalidData` when the line is not as proc_pid_stat(5) has it.
pub fn start_time(pid: u32) -> io::Result<u64> {
    let line = std::fs::read(format!("/proc/{pid}/stat"))?;
    start_time_of(&line).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The name (field 2) is in parentheses and may itself hold parentheses and blanks, so fields are counted from the last one.
fn start_time_of(line: &[u8]) -> Option<u64> {
    let name_end = line.iter().rposition(|byte| *byte == b')')?;
    let text = std::str::from_utf8(&line[name_end + 1..]).ok()?;
    text.split_ascii_whitespace().nth(19)?.parse().ok()
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
        let line = b"7 (a ) b) (c) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 1 1";
        assert_eq!(start_time_of(line), Some(4242));
    }

    #[test]
    fn this_process_began_after_the_first() {
        assert!(start_time(std::process::id()).unwrap() > start_time(1).unwrap());
    }
}
