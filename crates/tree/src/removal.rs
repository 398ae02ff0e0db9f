//! The recursive removal: by descriptor, never by path, never through a link, never into another mount.
//!
//! It does not protect against somebody who changes the tree meanwhile; such a change can make it fail, but never
//! makes it leave the tree.

use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use rustix::fs::{self, AtFlags, Dir, FileType, IFlags, Mode, OFlags, RenameFlags, ResolveFlags};
use rustix::io::Errno;

use crate::TreeError;

/// Directories deeper than this are moved up to the top of the tree before they are emptied. A container can nest
/// directories far beyond `PATH_MAX` and beyond any limit on descriptors; this keeps both bounded.
const DEPTH: usize = 48;

/// Removes the file or directory tree `name` in the directory `parent`; that it is gone already is success.
///
/// Whatever can be removed is removed even when something else cannot; the first failure is reported.
///
/// # Errors
/// [`TreeError`], with the path below `parent`.
pub fn remove(parent: impl AsFd, name: impl AsRef<OsStr>) -> Result<(), TreeError> {
    let shown = PathBuf::from(name.as_ref());
    let name = CString::new(name.as_ref().as_bytes())
        .map_err(|_| TreeError::Remove { path: shown, source: Errno::INVAL })?;
    let mut removal = Removal { parent: parent.as_fd(), frames: Vec::new(), hoisted: 0, failure: None };
    removal.entry(&name, FileType::Unknown);
    while removal.step() {}
    removal.failure.map_or(Ok(()), Err)
}

/// A directory that is being emptied.
struct Frame {
    name: CString,
    dir: Dir,
    /// Entries removed since the directory was last read from its start.
    removed: u64,
    /// Something in it could not be removed, so it cannot be either.
    stuck: bool,
}

struct Removal<'a> {
    parent: BorrowedFd<'a>,
    frames: Vec<Frame>,
    hoisted: u64,
    failure: Option<TreeError>,
}

impl Removal<'_> {
    /// Handles one more directory entry; false when there is nothing left to do.
    fn step(&mut self) -> bool {
        let Some(frame) = self.frames.last_mut() else { return false };
        match frame.dir.read() {
            Some(Ok(entry)) => {
                let name = entry.file_name();
                if name != c"." && name != c".." {
                    let (name, kind) = (name.to_owned(), entry.file_type());
                    self.entry(&name, kind);
                }
            }
            Some(Err(source)) => {
                let path = self.path(None);
                self.fail(TreeError::Read { path, source });
                self.leave();
            }
            None => self.leave(),
        }
        true
    }

    /// Removes `name` in the innermost directory, or makes it the innermost directory.
    fn entry(&mut self, name: &CStr, kind: FileType) {
        if kind != FileType::Directory {
            match fs::unlinkat(self.innermost(), name, AtFlags::empty()) {
                Ok(()) => return self.count(),
                Err(Errno::NOENT) => return,
                // Linux says EISDIR, POSIX allows EPERM: only opening it tells.
                Err(Errno::ISDIR) => {}
                Err(source) => return self.fail_removal(name, source),
            }
        }
        match fs::unlinkat(self.innermost(), name, AtFlags::REMOVEDIR) {
            Ok(()) => self.count(),
            Err(Errno::NOTEMPTY | Errno::EXIST) if self.frames.len() >= DEPTH => self.hoist(name),
            Err(Errno::NOTEMPTY | Errno::EXIST) => self.enter(name),
            Err(Errno::NOENT) => {}
            Err(source) => self.fail_removal(name, source),
        }
    }

    fn enter(&mut self, name: &CStr) {
        match open_directory(self.innermost(), name).and_then(Dir::new) {
            Ok(dir) => self.frames.push(Frame { name: name.to_owned(), dir, removed: 0, stuck: false }),
            Err(Errno::NOENT) => {}
            Err(Errno::XDEV) => {
                let path = self.path(Some(name));
                self.fail(TreeError::Mounted { path });
            }
            Err(source) => {
                let path = self.path(Some(name));
                self.fail(TreeError::Read { path, source });
            }
        }
    }

    /// The innermost directory has been read to its end.
    fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.stuck {
            if let Some(parent) = self.frames.last_mut() {
                parent.stuck = true;
            }
            return;
        }
        match fs::unlinkat(self.innermost(), &frame.name, AtFlags::REMOVEDIR) {
            Ok(()) => self.count(),
            Err(Errno::NOENT) => {}
            // Removing while reading may make a file system skip entries, and hoisting adds some: read it again.
            Err(Errno::NOTEMPTY | Errno::EXIST) if frame.removed > 0 => self.enter(&frame.name),
            Err(source) => self.fail_removal(&frame.name, source),
        }
    }

    /// Moves the directory `name` to the top of the tree, where it is found again when the top is read again.
    fn hoist(&mut self, name: &CStr) {
        let Some(top) = self.frames.first().and_then(|frame| frame.dir.fd().ok()) else { return };
        loop {
            self.hoisted += 1;
            let fresh = format!(".hoisted-{}", self.hoisted);
            let moved = fs::renameat_with(self.innermost(), name, top, &*fresh, RenameFlags::NOREPLACE);
            match moved {
                Ok(()) => {
                    self.count();
                    // The top has something new in it and has to be read again even if nothing else changed.
                    if let Some(frame) = self.frames.first_mut() {
                        frame.removed += 1;
                    }
                    return;
                }
                Err(Errno::EXIST) => {}
                Err(source) => {
                    let path = self.path(Some(name));
                    return self.fail(TreeError::Hoist { path, source });
                }
            }
        }
    }

    fn innermost(&self) -> BorrowedFd<'_> {
        self.frames.last().and_then(|frame| frame.dir.fd().ok()).unwrap_or(self.parent)
    }

    fn count(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.removed += 1;
        }
    }

    fn path(&self, name: Option<&CStr>) -> PathBuf {
        let names = self.frames.iter().map(|frame| frame.name.as_c_str()).chain(name);
        names.map(|name| OsStr::from_bytes(name.to_bytes())).collect()
    }

    fn fail_removal(&mut self, name: &CStr, source: Errno) {
        let path = self.path(Some(name));
        self.fail(match source {
            Errno::BUSY => TreeError::Mounted { path },
            Errno::PERM if self.is_protected(name) => TreeError::Immutable { path },
            source => TreeError::Remove { path, source },
        });
    }

    fn fail(&mut self, error: TreeError) {
        if let Some(frame) = self.frames.last_mut() {
            frame.stuck = true;
        }
        self.failure.get_or_insert(error);
    }

    /// Whether an attribute of the object or of its directory explains `EPERM`.
    fn is_protected(&self, name: &CStr) -> bool {
        let protects = |flags: IFlags| flags.intersects(IFlags::IMMUTABLE | IFlags::APPEND);
        // NONBLOCK: the object may be a FIFO that nobody writes to.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let object = fs::openat(self.innermost(), name, flags, Mode::empty());
        object.and_then(fs::ioctl_getflags).is_ok_and(protects)
            || fs::ioctl_getflags(self.innermost()).is_ok_and(protects)
    }
}

pub(crate) fn open_directory(parent: BorrowedFd<'_>, name: &CStr) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    fs::openat2(parent, name, flags, Mode::empty(), resolve)
}

#[cfg(test)]
mod tests {
    use std::fs as std_fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn scene() -> (tempfile::TempDir, OwnedFd) {
        let scene = tempfile::tempdir().unwrap();
        let fd = fs::open(scene.path(), OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap();
        (scene, fd)
    }

    #[test]
    fn links_are_removed_and_not_followed() {
        let (scene, fd) = scene();
        std_fs::create_dir_all(scene.path().join("kept/inner")).unwrap();
        std_fs::create_dir_all(scene.path().join("gone/a/b")).unwrap();
        symlink("../kept", scene.path().join("gone/link")).unwrap();
        symlink(scene.path().join("kept"), scene.path().join("gone/a/b/absolute")).unwrap();
        std_fs::write(scene.path().join("gone/a/file"), "x").unwrap();
        remove(&fd, "gone").unwrap();
        assert!(!scene.path().join("gone").exists());
        assert!(scene.path().join("kept/inner").is_dir());
    }

    #[test]
    fn a_link_in_place_of_the_tree_is_removed_alone() {
        let (scene, fd) = scene();
        std_fs::create_dir_all(scene.path().join("kept/inner")).unwrap();
        symlink("kept", scene.path().join("gone")).unwrap();
        remove(&fd, "gone").unwrap();
        assert!(scene.path().join("gone").symlink_metadata().is_err());
        assert!(scene.path().join("kept/inner").is_dir());
    }

    #[test]
    fn nothing_there_is_success() {
        let (_scene, fd) = scene();
        remove(&fd, "absent").unwrap();
    }

    #[test]
    fn a_tree_deeper_than_any_path_can_name_is_removed() {
        let (scene, fd) = scene();
        let mut parent = fs::openat(&fd, ".", OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap();
        let long = "d".repeat(200);
        for depth in 0..300 {
            let name = if depth == 0 { "gone" } else { long.as_str() };
            fs::mkdirat(&parent, name, Mode::RWXU).unwrap();
            parent = fs::openat(&parent, name, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap();
            fs::mkdirat(&parent, ".hoisted-1", Mode::RWXU).unwrap();
        }
        remove(&fd, "gone").unwrap();
        assert_eq!(std_fs::read_dir(scene.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_immutable_file_is_named_and_the_rest_is_removed() {
        let (scene, fd) = scene();
        std_fs::create_dir_all(scene.path().join("gone/a")).unwrap();
        std_fs::write(scene.path().join("gone/a/fixed"), "x").unwrap();
        std_fs::write(scene.path().join("gone/other"), "x").unwrap();
        let fixed = std_fs::File::open(scene.path().join("gone/a/fixed")).unwrap();
        if let Err(error) = fs::ioctl_setflags(&fixed, IFlags::IMMUTABLE) {
            println!("skipped: this file system has no immutable attribute: {error}");
            return;
        }
        let error = remove(&fd, "gone").unwrap_err();
        fs::ioctl_setflags(&fixed, IFlags::empty()).unwrap();
        assert!(
            matches!(&error, TreeError::Immutable { path } if path.as_os_str() == "gone/a/fixed"),
            "{error}"
        );
        assert!(!scene.path().join("gone/other").exists());
        remove(&fd, "gone").unwrap();
        assert!(!scene.path().join("gone").exists());
    }
}
