//! Paths that a configuration or an image supplies, resolved with the container's root as the root (openat2(2)).
//!
//! No link leads out of it and no magic link is followed: CVE-2019-16884, CVE-2021-30465, CVE-2024-21626. What is opened is then
//! used through its descriptor only, so that nobody can exchange it in between.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, mkdirat, openat, openat2, readlinkat};
use rustix::io::{Errno, Result};
use serde::{Deserialize, Serialize};

use super::file_system;

/// As many links as the kernel itself follows (path_resolution(7)).
const MOST_LINKS: u32 = 40;

/// What to create where a mount has no target yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Missing {
    /// A directory.
    Directory,
    /// An empty file, in directories.
    File,
}

/// Opens what is there.
pub(super) fn open(root: impl AsFd, path: impl AsRef<Path>, flags: OFlags) -> Result<OwnedFd> {
    resolve(&root, path.as_ref(), flags, ResolveFlags::empty())
}

/// A copy of the mount at what is beneath a directory of the host's that somebody may have filled with links.
pub(super) fn copy_of_host(
    directory: impl AsRef<Path>,
    path: impl AsRef<Path>,
    recursive: bool,
) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(CWD, directory.as_ref(), flags, Mode::empty())?;
    file_system::copy(open(directory, path, OFlags::PATH)?, "", recursive)
}

/// As [`open`], and no component may be a link at all.
pub(super) fn open_without_links(root: impl AsFd, path: impl AsRef<Path>, flags: OFlags) -> Result<OwnedFd> {
    resolve(&root, path.as_ref(), flags, ResolveFlags::NO_SYMLINKS)
}

fn resolve(root: &impl AsFd, path: &Path, flags: OFlags, more: ResolveFlags) -> Result<OwnedFd> {
    let how = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS | more;
    loop {
        // EAGAIN: something on the way was renamed meanwhile, and the kernel cannot say whether `..` was safe.
        match openat2(root, path, flags | OFlags::CLOEXEC, Mode::empty(), how) {
            Err(Errno::AGAIN) => {}
            opened => return opened,
        }
    }
}

/// Opens `path` (`O_PATH`), and creates what is missing of it first, through dangling links too: `/etc/resolv.conf` is one in many
/// images.
pub(super) fn open_or_create(root: impl AsFd, path: &Path, missing: Missing) -> Result<OwnedFd> {
    create(&root, path, missing, 0)
}

fn create(root: &impl AsFd, path: &Path, missing: Missing, links: u32) -> Result<OwnedFd> {
    match open(root, path, OFlags::PATH) {
        Err(Errno::NOENT) => {}
        opened => return opened,
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(Errno::NOENT) };
    let directory = create(root, parent, Missing::Directory, links)?;
    let made = match missing {
        Missing::Directory => mkdirat(&directory, name, Mode::from_raw_mode(0o755)),
        Missing::File => {
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
            openat(&directory, name, flags, Mode::from_raw_mode(0o755)).map(drop)
        }
    };
    match made {
        Ok(()) => openat(&directory, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()),
        Err(Errno::EXIST) if links < MOST_LINKS => {
            create(root, &follow(&directory, parent, name)?, missing, links + 1)
        }
        Err(Errno::EXIST) => Err(Errno::LOOP),
        Err(error) => Err(error),
    }
}

/// Where the dangling link `name` leads, as a path from the root.
fn follow(directory: &OwnedFd, parent: &Path, name: &std::ffi::OsStr) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let target = readlinkat(directory, name, Vec::new())?;
    Ok(parent.join(std::ffi::OsString::from_vec(target.into_bytes())))
}

/// What kind of file a descriptor is open on.
pub(super) fn file_type(descriptor: impl AsFd) -> Result<FileType> {
    Ok(FileType::from_raw_mode(fstat(descriptor)?.st_mode))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn root() -> (tempfile::TempDir, OwnedFd) {
        let directory = tempfile::tempdir().unwrap();
        let root = fs::File::open(directory.path()).unwrap();
        (directory, root.into())
    }

    #[test]
    fn an_absolute_link_stays_in_the_root() {
        let (directory, root) = root();
        symlink("/etc", directory.path().join("out")).unwrap();
        assert_eq!(open(&root, "out/passwd", OFlags::PATH).unwrap_err(), Errno::NOENT);
        open_or_create(&root, Path::new("/out/made"), Missing::File).unwrap();
        assert!(directory.path().join("etc/made").is_file());
        assert!(!Path::new("/etc/made").exists());
    }

    #[test]
    fn the_target_of_a_dangling_link_is_created_inside() {
        let (directory, root) = root();
        fs::create_dir(directory.path().join("etc")).unwrap();
        symlink("../../../run/systemd/resolv.conf", directory.path().join("etc/resolv.conf")).unwrap();
        open_or_create(&root, Path::new("/etc/resolv.conf"), Missing::File).unwrap();
        assert!(directory.path().join("run/systemd/resolv.conf").is_file());
    }

    #[test]
    fn a_loop_of_links_ends() {
        let (directory, root) = root();
        symlink("b", directory.path().join("a")).unwrap();
        symlink("a", directory.path().join("b")).unwrap();
        assert_eq!(open_or_create(&root, Path::new("/a"), Missing::File).unwrap_err(), Errno::LOOP);
    }

    #[test]
    fn a_magic_link_is_not_followed() {
        let (directory, root) = root();
        symlink("/proc/self/root", directory.path().join("escape")).unwrap();
        let proc = fs::File::open("/proc").unwrap();
        assert_eq!(open(&root, "escape/etc", OFlags::PATH).unwrap_err(), Errno::NOENT);
        assert_eq!(open(&proc, "self/root", OFlags::PATH).unwrap_err(), Errno::LOOP);
    }

    #[test]
    fn where_links_are_forbidden_a_link_is_an_error() {
        let (directory, root) = root();
        fs::create_dir(directory.path().join("real")).unwrap();
        symlink("real", directory.path().join("proc")).unwrap();
        assert_eq!(open_without_links(&root, "proc", OFlags::PATH).unwrap_err(), Errno::LOOP);
    }
}
