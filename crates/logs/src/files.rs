//! The files of a log, held open so that rotation cannot take them away.
//!
//! Rotation moves files towards greater numbers while they are looked for, so they are looked for in that direction: a file
//! may then be met twice, but not missed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::packed::Unpacking;
use crate::rotation;

/// Which file something is, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

/// Which file something was that is written to no more: a later one may get its number, and is younger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Original {
    identity: Identity,
    /// When it was written to last: seconds and nanoseconds.
    modified: (i64, i64),
}

impl Original {
    /// What has this name now.
    pub(crate) fn named(path: &Path) -> io::Result<Option<Original>> {
        match std::fs::metadata(path) {
            Ok(metadata) => Ok(Some(original(&metadata))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// One open file of a log.
#[derive(Debug)]
pub(crate) struct LogFile {
    content: Content,
    pub(crate) identity: Identity,
    /// Its size when it was opened; that of a compressed one's content is not known.
    pub(crate) size: u64,
    /// Where to read next.
    pub(crate) offset: u64,
}

#[derive(Debug)]
enum Content {
    Plain(File),
    Packed(Box<Unpacking>),
}

impl LogFile {
    /// One that is as it was written.
    pub(crate) fn plain(file: File) -> io::Result<LogFile> {
        let metadata = file.metadata()?;
        let (identity, size) = (identity(&metadata), metadata.len());
        Ok(LogFile { content: Content::Plain(file), identity, size, offset: 0 })
    }

    fn packed(file: File) -> io::Result<LogFile> {
        let identity = identity(&file.metadata()?);
        let content = Content::Packed(Box::new(Unpacking::new(file)));
        Ok(LogFile { content, identity, size: u64::MAX, offset: 0 })
    }

    /// Whether it holds what `other` holds: the same file, or the one made of the other.
    pub(crate) fn is_same_as(&self, other: &LogFile) -> io::Result<bool> {
        // As long as a file is open its inode number is not given to another.
        let made_of =
            |packed: &Unpacking, plain: &File| Ok(packed.original == Some(original(&plain.metadata()?)));
        match (&self.content, &other.content) {
            (Content::Packed(packed), Content::Plain(plain))
            | (Content::Plain(plain), Content::Packed(packed)) => made_of(packed, plain),
            _ => Ok(self.identity == other.identity),
        }
    }

    /// What it will have been once it is compressed.
    pub(crate) fn as_original(&self) -> io::Result<Option<Original>> {
        self.as_plain().map(|file| Ok(original(&file.metadata()?))).transpose()
    }

    /// The file itself, unless it is compressed.
    pub(crate) fn as_plain(&self) -> Option<&File> {
        match &self.content {
            Content::Plain(file) => Some(file),
            Content::Packed(_) => None,
        }
    }

    /// What there is to know of a compressed one.
    pub(crate) fn as_packed(&self) -> Option<&Unpacking> {
        match &self.content {
            Content::Plain(_) => None,
            Content::Packed(unpacking) => Some(unpacking),
        }
    }

    /// Reads on; 0 bytes are the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.content {
            Content::Plain(file) => file.read_at(buffer, self.offset)?,
            Content::Packed(unpacking) => unpacking.read_from(self.offset, buffer)?,
        };
        self.offset += count as u64;
        Ok(count)
    }

    /// Begins again.
    pub(crate) fn rewind(&mut self) -> io::Result<()> {
        if let Content::Packed(unpacking) = &mut self.content {
            unpacking.rewind()?;
        }
        self.offset = 0;
        Ok(())
    }

    /// When it was written to last, as it is or was before it was compressed; `None` where a compressed one does not tell.
    pub(crate) fn modified(&self) -> io::Result<Option<(i64, i64)>> {
        Ok(match &self.content {
            Content::Plain(file) => Some(original(&file.metadata()?).modified),
            Content::Packed(packed) => packed.original.map(|original| original.modified),
        })
    }

    /// How large it is now.
    pub(crate) fn current_size(&self) -> io::Result<u64> {
        self.as_plain().map_or(Ok(self.offset), |file| Ok(file.metadata()?.len()))
    }
}

/// Opens every file of the log, the oldest first.
pub(crate) fn open_all(path: &Path) -> io::Result<Vec<LogFile>> {
    let mut files: Vec<LogFile> = Vec::new();
    for number in numbers(path)? {
        let Some(file) = open(path, number)? else { continue };
        if !is_among(&file, &files)? {
            files.push(file);
        }
    }
    files.reverse();
    Ok(files)
}

fn is_among(file: &LogFile, known: &[LogFile]) -> io::Result<bool> {
    for other in known {
        if file.is_same_as(other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The file of that number, compressed or not; a file takes its compressed name before it loses its own.
fn open(path: &Path, number: u32) -> io::Result<Option<LogFile>> {
    match File::open(rotation::name(path, number)) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        opened => return LogFile::plain(opened?).map(Some),
    }
    match File::open(rotation::packed_name(path, number)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => LogFile::packed(opened?).map(Some),
    }
}

/// Which file has the log's name now.
pub(crate) fn current(path: &Path) -> io::Result<Option<Identity>> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(identity(&metadata))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn original(metadata: &std::fs::Metadata) -> Original {
    Original { identity: identity(metadata), modified: (metadata.mtime(), metadata.mtime_nsec()) }
}

fn identity(metadata: &std::fs::Metadata) -> Identity {
    Identity { device: metadata.dev(), inode: metadata.ino() }
}

/// The numbers that files of the log have or are about to get, the newest file's first.
pub(crate) fn numbers(path: &Path) -> io::Result<BTreeSet<u32>> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(ErrorKind::InvalidFilename.into());
    };
    let prefix = [name.as_encoded_bytes(), b"."].concat();
    // A rotation while files are opened moves each of them on by one, and another by one more.
    let mut numbers: BTreeSet<u32> = (0..=2).collect();
    for entry in std::fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.as_encoded_bytes().strip_prefix(prefix.as_slice());
        let number = number.map(|number| number.strip_suffix(rotation::PACKED.as_bytes()).unwrap_or(number));
        if let Some(number) = number.and_then(|digits| str::from_utf8(digits).ok()?.parse::<u32>().ok()) {
            numbers.extend(number..=number.saturating_add(2));
        }
    }
    Ok(numbers)
}
