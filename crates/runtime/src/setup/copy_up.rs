//! Filling a new tmpfs with what the image has in its place (the mount option `tmpcopyup`).
//!
//! As runc's, the copies have contents, owners and modes; they have neither extended attributes nor times, and hard links become files
//! of their own. The tree is the image's, so nothing in it is reached through a link, and nothing but regular files is opened.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{
    AtFlags, Dir, FileType, Gid, Mode, OFlags, Stat, Uid, chownat, fchmod, fstat, mkdirat, mknodat, openat,
    readlinkat, statat, symlinkat,
};
use rustix::io::Errno;

use crate::failure::{Doing, Failure};

/// Deeper than any image's, and shallow enough for the stack and the limit of open files.
const DEEPEST: usize = 128;

/// Copies what is in the directory `from` into the new mount `to`, which has its mode already, and gives that the same owner.
pub(super) fn fill(from: &OwnedFd, to: &OwnedFd) -> Result<(), Failure> {
    let like = fstat(from).doing(|| "look at the directory to copy".into())?;
    copy_directory(from, to, 0)?;
    own(to, c"", AtFlags::EMPTY_PATH, &like).doing(|| "give the tmpfs its owner".into())
}

fn copy_directory(from: &OwnedFd, to: &OwnedFd, depth: usize) -> Result<(), Failure> {
    if depth > DEEPEST {
        return Err(Failure::refused(format!("directories to copy are nested more than {DEEPEST} deep")));
    }
    let entries = Dir::read_from(from).doing(|| "list the directory to copy".into())?;
    for entry in entries {
        let entry = entry.doing(|| "list the directory to copy".into())?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            copy_entry(from, to, name, depth)?;
        }
    }
    Ok(())
}

fn copy_entry(from: &OwnedFd, to: &OwnedFd, name: &CStr, depth: usize) -> Result<(), Failure> {
    let doing = || format!("copy {name:?}");
    let like = statat(from, name, AtFlags::SYMLINK_NOFOLLOW).doing(doing)?;
    match FileType::from_raw_mode(like.st_mode) {
        FileType::Directory => {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let inner = openat(from, name, flags, Mode::empty()).doing(doing)?;
            mkdirat(to, name, Mode::RWXU).doing(doing)?;
            let made = openat(to, name, flags, Mode::empty()).doing(doing)?;
            copy_directory(&inner, &made, depth + 1)?;
            finish(&made, &like).doing(doing)
        }
        FileType::RegularFile => copy_file(from, to, name, &like).doing(doing),
        FileType::Symlink => {
            let target = readlinkat(from, name, Vec::new()).doing(doing)?;
            symlinkat(target, to, name).doing(doing)?;
            own(to, name, AtFlags::SYMLINK_NOFOLLOW, &like).doing(doing)
        }
        kind => {
            mknodat(to, name, kind, mode(&like), like.st_rdev).doing(doing)?;
            own(to, name, AtFlags::SYMLINK_NOFOLLOW, &like).doing(doing)
        }
    }
}

fn copy_file(from: &OwnedFd, to: &OwnedFd, name: &CStr, like: &Stat) -> io::Result<()> {
    // Should it have become a FIFO meanwhile, nobody waits for its other end.
    let read = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let inner = openat(from, name, read, Mode::empty())?;
    if FileType::from_raw_mode(fstat(&inner)?.st_mode) != FileType::RegularFile {
        return Err(Errno::INVAL.into());
    }
    let write = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let made = File::from(openat(to, name, write, Mode::RUSR | Mode::WUSR)?);
    io::copy(&mut File::from(inner), &mut &made)?;
    Ok(finish(&made, like)?)
}

/// The owner first: changing it takes the set-id bits away.
fn finish(made: impl AsFd, like: &Stat) -> rustix::io::Result<()> {
    own(&made, c"", AtFlags::EMPTY_PATH, like)?;
    fchmod(made, mode(like))
}

fn own(at: impl AsFd, name: &CStr, flags: AtFlags, like: &Stat) -> rustix::io::Result<()> {
    chownat(at, name, Some(Uid::from_raw(like.st_uid)), Some(Gid::from_raw(like.st_gid)), flags)
}

fn mode(like: &Stat) -> Mode {
    Mode::from_raw_mode(like.st_mode & 0o7777)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
    use std::path::Path;

    use super::*;

    fn open(path: &Path) -> OwnedFd {
        File::open(path).unwrap().into()
    }

    #[test]
    fn a_tree_is_copied_with_owners_modes_links_and_nodes() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let source = from.path();
        fs::create_dir_all(source.join("a/b")).unwrap();
        fs::write(source.join("a/b/file"), "text").unwrap();
        std::os::unix::fs::chown(source.join("a/b/file"), Some(5), Some(6)).unwrap();
        fs::set_permissions(source.join("a/b/file"), std::os::unix::fs::PermissionsExt::from_mode(0o6750))
            .unwrap();
        // Followed, it would be the host's.
        symlink("/etc/passwd", source.join("link")).unwrap();
        mknodat(open(source), "fifo", FileType::Fifo, Mode::RUSR, 0).unwrap();
        fill(&open(source), &open(to.path())).unwrap();
        let file = fs::metadata(to.path().join("a/b/file")).unwrap();
        assert_eq!((file.uid(), file.gid(), file.mode() & 0o7777), (5, 6, 0o6750));
        assert_eq!(fs::read_to_string(to.path().join("a/b/file")).unwrap(), "text");
        assert_eq!(fs::read_link(to.path().join("link")).unwrap(), Path::new("/etc/passwd"));
        assert!(fs::symlink_metadata(to.path().join("fifo")).unwrap().file_type().is_fifo());
    }

    #[test]
    fn what_is_nested_without_end_is_refused() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(from.path().join("d/".repeat(DEEPEST + 2))).unwrap();
        let refused = fill(&open(from.path()), &open(to.path())).unwrap_err();
        assert!(refused.to_string().contains("nested more than"), "{refused}");
    }
}
