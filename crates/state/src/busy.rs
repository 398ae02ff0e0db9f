//! Who is writing to a database at this moment: for the message to those who have waited too long.
//!
//! A process that was stopped in the middle of a write (SIGSTOP, a frozen cgroup, a debugger) holds up every writer, and whoever stopped it
//! should hear of that.

use std::fs;
use std::path::Path;

use rustix::fs::{major, minor, stat};

/// The byte of the `-shm` file that a writer has locked: `WAL_WRITE_LOCK`, the first of the lock bytes, which follow the two copies
/// of the header (SQLite's "WAL-mode File Format", section 2.1).
const WRITE_LOCK: &str = "120";

/// The process that has the write lock of the database at `path`, as /proc/locks (proc_locks(5)) shows it. Opening the file to ask for
/// the lock would do harm: closing it gives up the locks that this process itself has there (fcntl(2)).
pub(crate) fn writer_of(path: &Path) -> Option<u32> {
    let mut shared = path.as_os_str().to_owned();
    shared.push("-shm");
    let found = stat(Path::new(&shared)).ok()?;
    let file = format!("{:02x}:{:02x}:{}", major(found.st_dev), minor(found.st_dev), found.st_ino);
    holder_of(&fs::read_to_string("/proc/locks").ok()?, &file)
}

fn holder_of(locks: &str, file: &str) -> Option<u32> {
    let holds = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        matches!(fields[..], [_, "POSIX", _, "WRITE", _, at, WRITE_LOCK, _] if at == file)
    };
    locks.lines().find(holds)?.split_whitespace().nth(4)?.parse().ok()
}

/// What is said of a writer.
pub(crate) fn described(writer: Option<u32>) -> String {
    let Some(pid) = writer else { return "another process".to_owned() };
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let stopped = corten_sys::process::status(pid).is_ok_and(|status| status.stopped);
    let stopped = if stopped { ", which is stopped" } else { "" };
    format!("process {pid} (`{}`){stopped}", name.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_is_told_from_readers_and_from_those_who_wait() {
        let locks = "\
1: OFDLCK ADVISORY  WRITE -1 fe:00:10010853 0 EOF
2: POSIX  ADVISORY  READ 7 fe:00:42 123 123
3: POSIX  ADVISORY  WRITE 8 fe:00:43 120 120
4: POSIX  ADVISORY  WRITE 9 fe:00:42 120 120
4: -> POSIX  ADVISORY  WRITE 10 fe:00:42 120 120
";
        assert_eq!(holder_of(locks, "fe:00:42"), Some(9));
        assert_eq!(holder_of(locks, "fe:00:44"), None);
    }

    #[test]
    fn a_process_that_cannot_be_named_is_another() {
        assert_eq!(described(None), "another process");
    }
}
