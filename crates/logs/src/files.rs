//! The files of a log, held open so that rotation cannot take them away.
//!
//! Rotation moves files towards greater numbers while they are looked for, so they are looked for in that direction: a file
//! may then be met twice, but not missed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::rotation;

/// Which file something is, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

/// One open file of a log.
#[derive(Debug)]
pub(crate) struct LogFile {
    pub(crate) file: File,
    pub(crate) identity: Identity,
    /// Its size when it was opened.
    pub(crate) size: u64,
    /// Where to read next.
    pub(crate) offset: u64,
}

/// Opens every file of the log, the oldest first.
pub(crate) fn open_all(path: &Path) -> io::Result<Vec<LogFile>> {
    let mut files: Vec<LogFile> = Vec::new();
    for number in numbers(path)? {
        match File::open(rotation::name(path, number)) {
            Ok(file) => {
                let metadata = file.metadata()?;
                let identity = identity(&metadata);
                // As long as a file is open its inode number is not given to another.
                if files.iter().all(|known| known.identity != identity) {
                    files.push(LogFile { file, identity, size: metadata.len(), offset: 0 });
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    files.reverse();
    Ok(files)
}

/// Which file has the log's name now.
pub(crate) fn current(path: &Path) -> io::Result<Option<Identity>> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(identity(&metadata))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn identity(metadata: &std::fs::Metadata) -> Identity {
    Identity { device: metadata.dev(), inode: metadata.ino() }
}

/// The numbers that files of the log have or are about to get, the newest file's first.
fn numbers(path: &Path) -> io::Result<BTreeSet<u32>> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(ErrorKind::InvalidFilename.into());
    };
    let prefix = [name.as_encoded_bytes(), b"."].concat();
    // A rotation while files are opened moves each of them on by one, and another by one more.
    let mut numbers: BTreeSet<u32> = (0..=2).collect();
    for entry in std::fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.as_encoded_bytes().strip_prefix(prefix.as_slice());
        if let Some(number) = number.and_then(|digits| str::from_utf8(digits).ok()?.parse::<u32>().ok()) {
            numbers.extend(number..=number.saturating_add(2));
        }
    }
    Ok(numbers)
}
