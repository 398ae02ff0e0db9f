//! How many bytes the files of a tree hold, or take on the disk: by descriptor, never through a link, never into another mount.
//!
//! Of a tree that somebody changes meanwhile it tells what it found.

use std::collections::HashSet;
use std::ffi::{CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use rustix::fs::{self, AtFlags, Dir, FileType, Stat};
use rustix::io::Errno;

use crate::TreeError;
use crate::removal::open_directory;

/// How many directories on the way down are kept open. A container can nest directories beyond any limit on descriptors: those
/// further up are found again, name by name, when there is more to do in them.
const OPEN: usize = 48;

/// The bytes in the files (`st_size`, as Docker counts) of the directory tree `name` in the directory `parent`; a file with several
/// names counts once, directories count nothing.
///
/// # Errors
/// [`TreeError::Read`], with the path below `parent`, when a directory cannot be read. What has gone meanwhile is no error.
pub fn measure(parent: impl AsFd, name: impl AsRef<OsStr>) -> Result<u64, TreeError> {
    count(parent, name, Count::Contents)
}

/// The bytes of the blocks that `name` in the directory `parent` takes, be it a file or a directory tree with all that is in it; each
/// object counts once, directories too: what `du` tells.
///
/// # Errors
/// As [`measure`].
pub fn disk_usage(parent: impl AsFd, name: impl AsRef<OsStr>) -> Result<u64, TreeError> {
    count(parent, name, Count::Blocks)
}

/// What is counted of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    Contents,
    Blocks,
}

fn count(parent: impl AsFd, name: impl AsRef<OsStr>, what: Count) -> Result<u64, TreeError> {
    let shown = PathBuf::from(name.as_ref());
    let name = CString::new(name.as_ref().as_bytes())
        .map_err(|_| TreeError::Read { path: shown, source: Errno::INVAL })?;
    let mut measure =
        Measure { parent: parent.as_fd(), what, frames: Vec::new(), linked: HashSet::new(), bytes: 0 };
    measure.begin(&name)?;
    measure.enter(name)?;
    while let Some(frame) = measure.frames.last_mut() {
        match frame.below.pop() {
            Some(name) => measure.enter(name)?,
            None => drop(measure.frames.pop()),
        }
    }
    Ok(measure.bytes)
}

/// A directory on the way down, whose files are counted.
struct Frame {
    name: CString,
    /// `None` when it is too far up to be kept open.
    directory: Option<OwnedFd>,
    /// Its directories that are still to be entered.
    below: Vec<CString>,
}

struct Measure<'a> {
    parent: BorrowedFd<'a>,
    what: Count,
    frames: Vec<Frame>,
    /// Files with several names: device and inode.
    linked: HashSet<(u64, u64)>,
    bytes: u64,
}

impl Measure<'_> {
    /// Counts the files of the directory `name` in the innermost one, and makes it the innermost one.
    fn enter(&mut self, name: CString) -> Result<(), TreeError> {
        let opened = self.innermost().and_then(|innermost| open_directory(innermost, &name));
        let directory = match opened {
            Ok(directory) => directory,
            // It has gone, or something else was put or mounted in its place.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => return Ok(()),
            Err(source) => return Err(self.unreadable(&name, source)),
        };
        let below = self.count(&directory).map_err(|source| self.unreadable(&name, source))?;
        if let Some(far) = self.frames.len().checked_sub(OPEN) {
            self.frames[far].directory = None;
        }
        self.frames.push(Frame { name, directory: Some(directory), below });
        Ok(())
    }

    /// Adds the files of a directory, and returns the names of its directories.
    fn count(&mut self, directory: &OwnedFd) -> rustix::io::Result<Vec<CString>> {
        let mut below = Vec::new();
        for entry in Dir::read_from(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            match fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(about) if FileType::from_raw_mode(about.st_mode) == FileType::Directory => {
                    if self.what == Count::Blocks {
                        self.add(&about);
                    }
                    below.push(name.to_owned());
                }
                Ok(about) => self.add(&about),
                Err(Errno::NOENT) => {}
                Err(source) => return Err(source),
            }
        }
        Ok(below)
    }

    /// Counts what the tree begins with, which no directory of it names.
    fn begin(&mut self, name: &CString) -> Result<(), TreeError> {
        match fs::statat(self.parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(about) if self.what == Count::Blocks => self.add(&about),
            Ok(_) | Err(Errno::NOENT) => {}
            Err(source) => return Err(self.unreadable(name, source)),
        }
        Ok(())
    }

    fn add(&mut self, about: &Stat) {
        let is_directory = FileType::from_raw_mode(about.st_mode) == FileType::Directory;
        if is_directory || about.st_nlink == 1 || self.linked.insert((about.st_dev, about.st_ino)) {
            let bytes = if self.what == Count::Blocks { about.st_blocks * 512 } else { about.st_size };
            self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(0));
        }
    }

    /// The innermost directory, opened again if it was too far up to be kept; so are those right above it, which come next.
    fn innermost(&mut self) -> rustix::io::Result<BorrowedFd<'_>> {
        let first_shut =
            self.frames.iter().rposition(|frame| frame.directory.is_some()).map_or(0, |open| open + 1);
        let kept = self.frames.len().saturating_sub(OPEN);
        for position in first_shut..self.frames.len() {
            let above = position.checked_sub(1).and_then(|above| self.frames[above].directory.as_ref());
            let opened = open_directory(above.map_or(self.parent, AsFd::as_fd), &self.frames[position].name)?;
            self.frames[position].directory = Some(opened);
            if position > 0 && position - 1 < kept {
                self.frames[position - 1].directory = None;
            }
        }
        Ok(self.frames.last().and_then(|frame| frame.directory.as_ref()).map_or(self.parent, AsFd::as_fd))
    }

    fn unreadable(&self, name: &CString, source: Errno) -> TreeError {
        let names = self.frames.iter().map(|frame| &frame.name).chain([name]);
        let path = names.map(|name| OsStr::from_bytes(name.to_bytes())).collect();
        TreeError::Read { path, source }
    }
}

#[cfg(test)]
mod tests {
    use std::fs as std_fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use rustix::fs::{Mode, OFlags};

    use super::*;

    fn open(path: &Path) -> OwnedFd {
        fs::open(path, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap()
    }

    #[test]
    fn files_count_once_and_links_as_the_text_that_they_are() {
        let scene = tempfile::tempdir().unwrap();
        let tree = scene.path().join("tree");
        std_fs::create_dir_all(tree.join("a/b")).unwrap();
        std_fs::write(scene.path().join("outside"), [0; 10_000]).unwrap();
        std_fs::write(tree.join("a/file"), [0; 1000]).unwrap();
        std_fs::hard_link(tree.join("a/file"), tree.join("a/b/again")).unwrap();
        std_fs::write(tree.join("a/b/other"), [0; 200]).unwrap();
        symlink("../outside", tree.join("link")).unwrap();
        assert_eq!(measure(open(scene.path()), "tree").unwrap(), 1000 + 200 + 10);
        assert_eq!(measure(open(scene.path()), "nothing").unwrap(), 0);
    }

    #[test]
    fn what_a_tree_takes_on_the_disk_is_what_du_tells() {
        let scene = tempfile::tempdir().unwrap();
        let tree = scene.path().join("tree");
        std_fs::create_dir_all(tree.join("a/b")).unwrap();
        std_fs::write(tree.join("a/file"), [1; 10_000]).unwrap();
        std_fs::hard_link(tree.join("a/file"), tree.join("a/b/again")).unwrap();
        std_fs::File::create(tree.join("hole")).unwrap().set_len(1 << 20).unwrap();
        symlink("n".repeat(200), tree.join("link")).unwrap();
        for name in ["tree", "tree/a/file"] {
            let du = std::process::Command::new("du")
                .args(["-s", "--block-size=1"])
                .arg(scene.path().join(name))
                .output()
                .unwrap();
            let told = String::from_utf8(du.stdout).unwrap();
            let told: u64 = told.split_whitespace().next().unwrap().parse().unwrap();
            assert_eq!(disk_usage(open(scene.path()), name).unwrap(), told, "{name}");
        }
        assert_eq!(disk_usage(open(scene.path()), "nothing").unwrap(), 0);
    }

    #[test]
    fn a_tree_deeper_than_any_path_or_limit_is_measured_and_each_level_counts() {
        let scene = tempfile::tempdir().unwrap();
        let mut innermost = open(scene.path());
        for _ in 0..1000 {
            fs::mkdirat(&innermost, "directory", Mode::RWXU).unwrap();
            fs::mkdirat(&innermost, "beside", Mode::RWXU).unwrap();
            fs::symlinkat("12345", &innermost, "five").unwrap();
            innermost = open_directory(innermost.as_fd(), c"directory").unwrap();
        }
        let all = open(scene.path().parent().unwrap());
        assert_eq!(measure(&all, scene.path().file_name().unwrap()).unwrap(), 1000 * 5);
        crate::remove(&all, scene.path().file_name().unwrap()).unwrap();
    }
}
