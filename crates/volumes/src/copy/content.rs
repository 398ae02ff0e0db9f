//! The content of a regular file: shared where the file system can, else copied by the kernel, without its holes.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use rustix::fs::{SeekFrom as Place, ftruncate, ioctl_ficlone, seek};
use rustix::io::Errno;

pub(super) fn copy_content(from: &File, to: &File, size: u64) -> rustix::io::Result<()> {
    if size == 0 || ioctl_ficlone(to, from).is_ok() {
        return Ok(());
    }
    ftruncate(to, size)?;
    let mut at = 0;
    while at < size {
        let begin = match seek(from, Place::Data(at)) {
            // Nothing but a hole up to the end (lseek(2)).
            Err(Errno::NXIO) => return Ok(()),
            begin => begin?,
        };
        let end = seek(from, Place::Hole(begin))?;
        copy_range(from, to, begin, end)
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        at = end;
    }
    Ok(())
}

/// The standard library lets the kernel copy between files.
fn copy_range(mut from: &File, mut to: &File, begin: u64, end: u64) -> io::Result<()> {
    from.seek(SeekFrom::Start(begin))?;
    to.seek(SeekFrom::Start(begin))?;
    io::copy(&mut from.take(end - begin), &mut to).map(drop)
}
