//! Directories of one hierarchy: making, walking and removing them.
//!
//! A container that may write to its cgroup can have made any number of cgroups below its own.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::error::CgroupsError;

/// Makes `directory` and what is missing between it and `top`; usually that is one mkdir(2).
pub(crate) fn make(directory: &Path, top: &Path, made: &mut Vec<PathBuf>) -> Result<(), CgroupsError> {
    match fs::create_dir(directory) {
        Ok(()) => made.push(directory.to_owned()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let Some(parent) = directory.parent().filter(|parent| *parent != top && directory != top) else {
                return Err(CgroupsError::file("make", directory)(error));
            };
            make(parent, top, made)?;
            match fs::create_dir(directory) {
                Ok(()) => made.push(directory.to_owned()),
                // Somebody else makes cgroups in the same place.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(CgroupsError::file("make", directory)(error)),
            }
        }
        Err(error) => return Err(CgroupsError::file("make", directory)(error)),
    }
    Ok(())
}

/// Goes through a directory and all below it, each directory before and after what is in it.
///
/// Holds one directory at a time and goes up by `..`: however deep a container has nested its cgroups, neither the length of a
/// path, nor the stack, nor the number of descriptors is a bound. One that vanishes meanwhile is passed over.
///
/// `enter` is given every directory, `leave` the directory above one and its name. Nothing happens if there is no `directory`.
pub(crate) fn walk(
    directory: &Path,
    mut enter: impl FnMut(&OwnedFd) -> io::Result<()>,
    mut leave: impl FnMut(&OwnedFd, &OsStr) -> io::Result<()>,
) -> io::Result<()> {
    let mut at = match open(rustix::fs::CWD, directory.as_os_str()) {
        Err(Errno::NOENT) => return Ok(()),
        outcome => outcome?,
    };
    enter(&at)?;
    let mut pending = vec![directories(&at)?];
    let mut names: Vec<OsString> = Vec::new();
    while let Some(level) = pending.last_mut() {
        if let Some(name) = level.pop() {
            match open(at.as_fd(), &name) {
                Err(Errno::NOENT) => continue,
                outcome => at = outcome?,
            }
            enter(&at)?;
            pending.push(directories(&at)?);
            names.push(name);
        } else {
            pending.pop();
            if let Some(name) = names.pop() {
                at = open(at.as_fd(), OsStr::new(".."))?;
                leave(&at, &name)?;
            }
        }
    }
    Ok(())
}

/// The names of the directories right below one; none if it does not exist.
pub(crate) fn children(directory: &Path) -> Result<Vec<String>, CgroupsError> {
    let listed = match open(rustix::fs::CWD, directory.as_os_str()) {
        Err(Errno::NOENT) => return Ok(Vec::new()),
        opened => opened.map_err(io::Error::from).and_then(|opened| directories(&opened)),
    };
    let names = listed.map_err(CgroupsError::file("list", directory))?;
    Ok(names.iter().map(|name| name.to_string_lossy().into_owned()).collect())
}

fn open(at: BorrowedFd<'_>, name: &OsStr) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::empty())
}

fn directories(at: &OwnedFd) -> io::Result<Vec<OsString>> {
    let mut found = Vec::new();
    for entry in Dir::read_from(at)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if entry.file_type() == FileType::Directory && name != b"." && name != b".." {
            found.push(OsStr::from_bytes(name).to_owned());
        }
    }
    Ok(found)
}

/// The longest that is slept between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// Removes the directory and all below it; waits until `deadline` for the last processes to be gone.
///
/// The kernel empties a cgroup shortly after its last process was waited for, and tells nobody of v1: hence the attempts.
pub(crate) fn remove(directory: &Path, deadline: Instant) -> Result<(), CgroupsError> {
    let mut pause = Duration::from_micros(100);
    loop {
        match attempt(directory) {
            Ok(()) => return Ok(()),
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => return Err(CgroupsError::file("remove", directory)(error)),
        }
    }
}

/// Waits until `deadline`, which is `patience` after the beginning, for somebody else to remove the directory.
pub(crate) fn await_removal(
    directory: &Path,
    deadline: Instant,
    patience: Duration,
) -> Result<(), CgroupsError> {
    while directory.exists() {
        if Instant::now() >= deadline {
            return Err(CgroupsError::Late { path: directory.to_owned(), state: "removed", patience });
        }
        std::thread::sleep(LONGEST_PAUSE);
    }
    Ok(())
}

/// Removes the directory if nothing is in it. Returns whether it is gone.
pub(crate) fn remove_empty(directory: &Path) -> Result<bool, CgroupsError> {
    match rmdir(directory) {
        Ok(()) => Ok(true),
        Err(error) if is_busy(&error) => Ok(false),
        Err(error) => Err(CgroupsError::file("remove", directory)(error)),
    }
}

fn attempt(directory: &Path) -> io::Result<()> {
    // Mostly there is nothing below it.
    match rmdir(directory) {
        Err(error) if is_busy(&error) => {}
        outcome => return outcome,
    }
    let below = walk(
        directory,
        |_| Ok(()),
        |above, name| match rustix::fs::unlinkat(above, name, AtFlags::REMOVEDIR) {
            Err(Errno::NOENT) => Ok(()),
            outcome => outcome.map_err(io::Error::from),
        },
    );
    match below {
        // Somebody else is removing it too: look again.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Errno::BUSY.into()),
        outcome => outcome.and_then(|()| rmdir(directory)),
    }
}

/// rmdir(2), content with one that is gone.
fn rmdir(directory: &Path) -> io::Result<()> {
    match fs::remove_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

/// Processes or cgroups are in it.
fn is_busy(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::DirectoryNotEmpty)
}
