//! Puts the content of an entry into a new and empty file, and says what a special file is made of.
//!
//! It opens and completes nothing.

use std::io::Read;
use std::os::fd::BorrowedFd;

use rustix::fs::{self, FileType, SeekFrom};
use rustix::io::Errno;

use crate::entry::Kind;
use crate::{Archive, Chunk, LayerTarError};

/// Writes the content of the entry that the archive is at. `failed` is told what could not be done.
pub(crate) fn fill<R: Read>(
    file: BorrowedFd<'_>,
    archive: &mut Archive<'_, R>,
    failed: impl Fn(&'static str, Errno) -> LayerTarError,
) -> Result<(), LayerTarError> {
    loop {
        let done = match archive.chunk()? {
            Chunk::Data(chunk) => {
                rustix::io::write(file, chunk).map_err(|error| failed("write", error))? as u64
            }
            Chunk::Hole(hole) => {
                // Nothing is written there, and what follows, be it the end, says how long the file is.
                let end = fs::seek(file, SeekFrom::Current(hole.cast_signed()))
                    .and_then(|end| fs::ftruncate(file, end));
                end.map_err(|error| failed("make a hole in", error))?;
                hole
            }
            Chunk::End => return Ok(()),
        };
        archive.consume(done);
    }
}

/// A device or pipe as mknod(2) takes it.
pub(crate) fn special(kind: Kind) -> (FileType, u64) {
    match kind {
        Kind::Character { major, minor } => (FileType::CharacterDevice, fs::makedev(major, minor)),
        Kind::Block { major, minor } => (FileType::BlockDevice, fs::makedev(major, minor)),
        _ => (FileType::Fifo, 0),
    }
}
