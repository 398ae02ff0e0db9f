//! What containers take while they run: memory of monitors, bytes on disk.
//!
//! The kernel's own memory (page tables, network namespaces) is not in it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use corten_testkit::{Root, host};

/// What one monitor has resident, in kB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    /// Its own pages, and its share of those that several have.
    pub(super) proportional: u64,
    /// Its own pages alone.
    pub(super) private: u64,
}

/// Of every process that was started as a program of this root. What it runs cannot be asked: a monitor is executed through a mount
/// that is nowhere.
pub(super) fn monitors(root: &Root) -> Vec<Memory> {
    let memory = |pid: u32| parse(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?);
    processes(root).into_iter().filter_map(memory).collect()
}

/// The same as process ids.
pub(super) fn processes(root: &Root) -> Vec<u32> {
    let directory = root.scratch().as_os_str().as_encoded_bytes();
    let is_ours = |pid: &u32| {
        fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|arguments| arguments.starts_with(directory))
    };
    host::processes().into_iter().filter(is_ours).collect()
}

/// `/proc/PID/smaps_rollup`, see proc_pid_smaps(5).
fn parse(text: &str) -> Option<Memory> {
    let field = |name: &str| -> Option<u64> {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_ascii_whitespace().nth(1)?.parse().ok()
    };
    Some(Memory {
        proportional: field("Pss:")?,
        private: field("Private_Clean:")? + field("Private_Dirty:")?,
    })
}

/// Bytes that a directory and everything below it take on the disk, blocks of directories included.
pub(super) fn disk(directory: &Path) -> io::Result<u64> {
    let metadata = fs::symlink_metadata(directory)?;
    let own = metadata.blocks() * 512;
    if !metadata.is_dir() {
        return Ok(own);
    }
    let mut sum = own;
    for entry in fs::read_dir(directory)? {
        sum += disk(&entry?.path())?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_rollup() {
        let text = "00400000-7ffd rollup ---p 00000000 00:00 0    [rollup]\n\
                    Rss:                 900 kB\nPss:                  87 kB\nPss_Dirty:            70 kB\n\
                    Private_Clean:         4 kB\nPrivate_Dirty:        68 kB\n";
        assert_eq!(parse(text), Some(Memory { proportional: 87, private: 72 }));
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_directory_takes_what_its_files_take() {
        let directory = tempfile::tempdir().unwrap();
        let empty = disk(directory.path()).unwrap();
        fs::write(directory.path().join("file"), [1; 10_000]).unwrap();
        assert!(disk(directory.path()).unwrap() >= empty + 8192);
    }
}
