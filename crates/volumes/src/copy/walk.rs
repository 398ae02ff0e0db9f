//! The walk through a tree. It holds two descriptors however deep the tree is, and goes back up by `..`.

use std::collections::HashMap;
use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::{Errno, Result};

use super::attributes::{copy_to_name, copy_to_open};
use super::content::copy_content;
use crate::VolumesError;

/// Paths that the kernel still takes in one piece (`PATH_MAX`), with room to spare.
const LONGEST: usize = 4000;

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Copies everything in one directory into the other, which is empty, and what there is to the directory itself.
///
/// # Errors
/// [`VolumesError::Copy`] with the path of what could not be copied; what was copied before stays.
pub(crate) fn copy_tree(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> std::result::Result<(), VolumesError> {
    let mut walk =
        Walk { top: to, path: Vec::new(), levels: Vec::new(), known: HashMap::new(), doing: "read" };
    walk.run(from).map_err(|source| VolumesError::Copy {
        verb: walk.doing,
        path: PathBuf::from(OsStr::from_bytes(&walk.path)),
        source,
    })
}

struct Walk<'a> {
    /// Where the copy grows.
    top: BorrowedFd<'a>,
    /// Of what is being copied, below the top.
    path: Vec<u8>,
    /// What is still to be copied, a list for each directory from the top down.
    levels: Vec<Vec<CString>>,
    /// Where files are, below the top, that have several names.
    known: HashMap<(u64, u64), Vec<u8>>,
    /// For the error.
    doing: &'static str,
}

/// The directories that the walk is in.
struct Place {
    from: OwnedFd,
    to: OwnedFd,
}

impl Walk<'_> {
    fn run(&mut self, from: BorrowedFd<'_>) -> Result<()> {
        let open = |directory| fs::openat(directory, c".", DIRECTORY, Mode::empty());
        let mut place = Place { from: open(from)?, to: open(self.top)? };
        self.levels.push(names(&place.from)?);
        loop {
            let Some(level) = self.levels.last_mut() else { return Ok(()) };
            match level.pop() {
                Some(name) => {
                    let above = self.path.len();
                    self.push(&name);
                    match self.copy(&place, &name)? {
                        Some(inner) => {
                            self.levels.push(names(&inner.from)?);
                            place = inner;
                        }
                        None => self.path.truncate(above),
                    }
                }
                None => {
                    // Last, since whatever was made in it has changed its times.
                    self.doing = "copy the attributes of";
                    copy_to_open(&fs::fstat(&place.from)?, place.from.as_fd(), place.to.as_fd())?;
                    self.levels.pop();
                    if !self.levels.is_empty() {
                        self.doing = "leave";
                        place = above(&place)?;
                        let parent = self.path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                        self.path.truncate(parent);
                    }
                }
            }
        }
    }

    fn push(&mut self, name: &CStr) {
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(name.to_bytes());
    }

    /// Copies one object; a directory is only made, and returned.
    fn copy(&mut self, place: &Place, name: &CStr) -> Result<Option<Place>> {
        self.doing = "read";
        let object =
            fs::openat(&place.from, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        let stat = fs::fstat(&object)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        if kind == FileType::Directory {
            let from = fs::openat(&place.from, name, DIRECTORY, Mode::empty())?;
            self.doing = "make";
            fs::mkdirat(&place.to, name, Mode::RWXU)?;
            let to = fs::openat(&place.to, name, DIRECTORY, Mode::empty())?;
            return Ok(Some(Place { from, to }));
        }
        if stat.st_nlink > 1 && self.link(place, name, &stat)? {
            return Ok(None);
        }
        match kind {
            FileType::RegularFile => self.file(place, name, &stat)?,
            FileType::Symlink => {
                let target = fs::readlinkat(&object, c"", Vec::new())?;
                self.doing = "make";
                fs::symlinkat(target, &place.to, name)?;
                copy_to_name(&stat, object.as_fd(), place.to.as_fd(), name)?;
            }
            kind => {
                self.doing = "make";
                fs::mknodat(&place.to, name, kind, Mode::RUSR | Mode::WUSR, stat.st_rdev)?;
                copy_to_name(&stat, object.as_fd(), place.to.as_fd(), name)?;
            }
        }
        Ok(None)
    }

    /// Makes another name of a file that was copied before; whether there was one.
    fn link(&mut self, place: &Place, name: &CStr, stat: &Stat) -> Result<bool> {
        let Some(first) = self.known.get(&(stat.st_dev, stat.st_ino)) else {
            if self.path.len() < LONGEST {
                self.known.insert((stat.st_dev, stat.st_ino), self.path.clone());
            }
            return Ok(false);
        };
        self.doing = "link";
        fs::linkat(self.top, &first[..], &place.to, name, AtFlags::empty())?;
        Ok(true)
    }

    fn file(&mut self, place: &Place, name: &CStr, stat: &Stat) -> Result<()> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let from = File::from(fs::openat(&place.from, name, flags, Mode::empty())?);
        self.doing = "make";
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let to = File::from(fs::openat(&place.to, name, flags, Mode::RUSR | Mode::WUSR)?);
        self.doing = "copy";
        copy_content(&from, &to, u64::try_from(stat.st_size).map_err(|_| Errno::INVAL)?)?;
        copy_to_open(stat, from.as_fd(), to.as_fd())
    }
}

fn above(place: &Place) -> Result<Place> {
    let up = |directory: &OwnedFd| fs::openat(directory, c"..", DIRECTORY, Mode::empty());
    Ok(Place { from: up(&place.from)?, to: up(&place.to)? })
}

fn names(directory: &OwnedFd) -> Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = entry?.file_name().to_owned();
        if name.as_c_str() != c"." && name.as_c_str() != c".." {
            names.push(name);
        }
    }
    Ok(names)
}
