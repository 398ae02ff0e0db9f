//! Keeping a log small: `log`, `log.1`, `log.2` …, the greater the older.
//!
//! Those but `log` may be compressed: `log.1.gz`.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// When a log file makes way for a new one, and how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// A file of this many bytes or more is not written to any more; `None` never rotates.
    pub max_size: Option<u64>,
    /// How many files there may be, the current one included. 0 counts as 1.
    pub max_files: u32,
}

/// The name of the `number`th predecessor; 0 is the current file.
pub(crate) fn name(path: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

/// The name of the same once it is compressed.
pub(crate) fn packed_name(path: &Path, number: u32) -> PathBuf {
    let mut name = name(path, number).into_os_string();
    name.push(PACKED);
    PathBuf::from(name)
}

/// What the name of a compressed file ends with.
pub(crate) const PACKED: &str = ".gz";

/// Makes room for a new current file. The oldest goes first, so that a name is free when a file takes it.
pub(crate) fn make_way(path: &Path, max_files: u32) -> io::Result<()> {
    let oldest = max_files.max(1) - 1;
    if_there(std::fs::remove_file(name(path, oldest)))?;
    if_there(std::fs::remove_file(packed_name(path, oldest)))?;
    for number in (0..oldest).rev() {
        if_there(std::fs::rename(name(path, number), name(path, number + 1)))?;
        if_there(std::fs::rename(packed_name(path, number), packed_name(path, number + 1)))?;
    }
    Ok(())
}

fn if_there(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
