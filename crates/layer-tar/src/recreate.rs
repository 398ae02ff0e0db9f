//! Makes the archive of a layer again, from its file index and the directory that it was unpacked into.
//!
//! Files are opened beneath that directory alone. It does not know the digest that the archive should have.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use corten_error::{Classified, Kind};
use rustix::fs::{self, CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::checksum::Checksum;
use crate::clean_path::PATH_MAX;
use crate::error::shown;
use crate::file_index::{MAGIC, Record};
use crate::lowers::open_beneath;

const BUFFER: usize = 128 * 1024;

/// Why an archive cannot be made again.
#[derive(Debug, thiserror::Error)]
pub enum RecreateError {
    /// A file is not what it was when the layer was unpacked.
    #[error("file `{path}` has changed: {problem}")]
    Changed {
        /// Its path in the layer.
        path: String,
        /// In what way.
        problem: String,
    },
    /// A file cannot be read.
    #[error("cannot {verb} `{path}`")]
    File {
        /// What was tried.
        verb: &'static str,
        /// Its path in the layer.
        path: String,
        /// Why.
        #[source]
        source: Errno,
    },
    /// The archive had something that the unpacked layer has not.
    #[error("the archive describes `{path}` twice, and only the last of that is on disk")]
    Lost {
        /// The first such path.
        path: String,
    },
    /// The index is damaged.
    #[error("cannot read the file index")]
    Index(#[source] io::Error),
    /// The index contradicts itself, or is another version's.
    #[error("the file index is not valid: {0}")]
    Invalid(&'static str),
    /// The directory of the layer cannot be opened.
    #[error("cannot open layer `{}`", path.display())]
    Layer {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: Errno,
    },
    /// Whoever takes the archive does not take it.
    #[error("cannot write the archive")]
    Write(#[source] io::Error),
}

impl Classified for RecreateError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }
}

/// Writes the archive that an index was made of, with contents from the `layer`'s files; its length.
///
/// # Errors
/// All of [`RecreateError`]; what was written before is not to be used.
pub fn recreate(index: impl Read, layer: &Path, into: &mut dyn Write) -> Result<u64, RecreateError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = fs::openat(CWD, layer, flags, Mode::empty())
        .map_err(|source| RecreateError::Layer { path: layer.to_owned(), source })?;
    let index = open_index(index)?;
    let making =
        Making { root, index, into, file: None, path: Vec::new(), length: 0, buffer: vec![0; BUFFER] };
    making.run()
}

/// The path for whose sake an index is none, if that is so.
///
/// # Errors
/// [`RecreateError::Index`], [`RecreateError::Invalid`].
pub fn lost(index: impl Read) -> Result<Option<String>, RecreateError> {
    let mut index = open_index(index)?;
    match Record::read(&mut index).map_err(RecreateError::Index)? {
        Record::Lost(length) => Ok(Some(lost_path(&mut index, length)?)),
        _ => Ok(None),
    }
}

/// Writes the index of a layer whose archive cannot be made again for the sake of a path.
///
/// # Errors
/// Those of the writer.
pub fn write_lost(path: &str, into: &mut dyn Write) -> io::Result<()> {
    into.write_all(MAGIC)?;
    Record::Lost(path.len() as u64).write(into)?;
    into.write_all(path.as_bytes())
}

fn open_index<R: Read>(index: R) -> Result<BufReader<R>, RecreateError> {
    let mut index = BufReader::new(index);
    let mut magic = [0; MAGIC.len()];
    index.read_exact(&mut magic).map_err(RecreateError::Index)?;
    if magic == *MAGIC { Ok(index) } else { Err(RecreateError::Invalid("it is of another version")) }
}

fn lost_path(index: &mut impl Read, length: u64) -> Result<String, RecreateError> {
    let mut path = Vec::new();
    // Escaped, a path may be longer than it was.
    let length = length.min(8 * PATH_MAX as u64);
    index.take(length).read_to_end(&mut path).map_err(RecreateError::Index)?;
    Ok(String::from_utf8_lossy(&path).into_owned())
}

struct Making<'a, R> {
    root: OwnedFd,
    index: BufReader<R>,
    into: &'a mut dyn Write,
    file: Option<File>,
    path: Vec<u8>,
    length: u64,
    buffer: Vec<u8>,
}

impl<R: Read> Making<'_, R> {
    fn run(mut self) -> Result<u64, RecreateError> {
        loop {
            match Record::read(&mut self.index).map_err(RecreateError::Index)? {
                Record::Literal(length) => self.literal(length)?,
                Record::File { shared, rest, size } => self.open(shared, rest, size)?,
                Record::Content { offset, length, checksum } => self.content(offset, length, checksum)?,
                Record::Lost(length) => {
                    return Err(RecreateError::Lost { path: lost_path(&mut self.index, length)? });
                }
                Record::End { length } if length == self.length => return self.ended(),
                Record::End { .. } => return Err(RecreateError::Invalid("it has another length")),
            }
        }
    }

    /// Reads to the end: a checksum around the index is only checked there.
    fn ended(mut self) -> Result<u64, RecreateError> {
        match self.index.read(&mut self.buffer).map_err(RecreateError::Index)? {
            0 => Ok(self.length),
            _ => Err(RecreateError::Invalid("something follows its end")),
        }
    }

    fn literal(&mut self, mut left: u64) -> Result<(), RecreateError> {
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
            let buffer = &mut self.buffer[..length];
            self.index.read_exact(buffer).map_err(RecreateError::Index)?;
            self.into.write_all(buffer).map_err(RecreateError::Write)?;
            left -= length as u64;
            self.length += length as u64;
        }
        Ok(())
    }

    fn open(&mut self, shared: u64, rest: u64, size: u64) -> Result<(), RecreateError> {
        let kept = usize::try_from(shared).ok().filter(|shared| *shared <= self.path.len());
        let kept = kept.ok_or(RecreateError::Invalid("a path continues none"))?;
        if shared.saturating_add(rest) > PATH_MAX as u64 {
            return Err(RecreateError::Invalid("a path is too long"));
        }
        self.path.truncate(kept);
        self.index.by_ref().take(rest).read_to_end(&mut self.path).map_err(RecreateError::Index)?;
        let path = || shown(&self.path);
        // Nothing waits for the other end of a pipe that took a file's place.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match open_beneath(self.root.as_fd(), &self.path, flags) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => {
                return Err(RecreateError::Changed { path: path(), problem: "it is gone".to_owned() });
            }
            Err(source) => return Err(RecreateError::File { verb: "open", path: path(), source }),
        };
        let found = file.metadata().map_err(|error| self.unreadable("look at", &error))?;
        if !found.is_file() || found.len() != size {
            let problem = if found.is_file() {
                format!("it has {} bytes instead of {size}", found.len())
            } else {
                "it is no file any more".to_owned()
            };
            return Err(RecreateError::Changed { path: path(), problem });
        }
        self.file = Some(file);
        Ok(())
    }

    fn content(&mut self, mut offset: u64, mut left: u64, checksum: u64) -> Result<(), RecreateError> {
        let file = self.file.as_ref().ok_or(RecreateError::Invalid("content is of no file"))?;
        let mut actual = Checksum::default();
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
            let read = file.read_at(&mut self.buffer[..wanted], offset);
            let length = match read {
                Ok(0) => return Err(self.changed("it has become shorter")),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.unreadable("read", &error)),
            };
            actual.update(&self.buffer[..length]);
            self.into.write_all(&self.buffer[..length]).map_err(RecreateError::Write)?;
            left -= length as u64;
            offset += length as u64;
            self.length += length as u64;
        }
        if actual.finish() == checksum { Ok(()) } else { Err(self.changed("its content is another")) }
    }

    fn changed(&self, problem: &str) -> RecreateError {
        RecreateError::Changed { path: shown(&self.path), problem: problem.to_owned() }
    }

    fn unreadable(&self, verb: &'static str, error: &io::Error) -> RecreateError {
        let source = Errno::from_io_error(error).unwrap_or(Errno::IO);
        RecreateError::File { verb, path: shown(&self.path), source }
    }
}
