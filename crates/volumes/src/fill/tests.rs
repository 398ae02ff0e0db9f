//! Filling, and what a crash in the middle of it leaves.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, Timespec, Timestamps, XattrFlags, mknodat, setxattr, utimensat};

use super::*;
use crate::{VolumeDirectory, VolumeName};

fn volume(root: &Path) -> VolumeDirectory {
    VolumeDirectory::of(root, "data".parse::<VolumeName>().unwrap())
}

fn open(path: &Path) -> File {
    File::open(path).unwrap()
}

/// A little of everything.
fn content(root: &Path) -> std::path::PathBuf {
    let top = root.join("content");
    fs::create_dir_all(top.join("deep/er")).unwrap();
    fs::write(top.join("file"), "text").unwrap();
    fs::write(top.join("deep/er/other"), "more").unwrap();
    fs::hard_link(top.join("file"), top.join("deep/linked")).unwrap();
    symlink("/nowhere", top.join("link")).unwrap();
    mknodat(CWD, top.join("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    mknodat(CWD, top.join("null"), FileType::CharacterDevice, Mode::RWXU, rustix::fs::makedev(1, 3)).unwrap();
    let mut sparse = File::create(top.join("sparse")).unwrap();
    sparse.write_all(b"begin").unwrap();
    sparse.seek(SeekFrom::Start(8 << 20)).unwrap();
    sparse.write_all(b"end").unwrap();
    sparse.set_len(16 << 20).unwrap();
    for (path, uid, mode) in [("file", 7, 0o4711), ("deep", 8, 0o1750), (".", 9, 0o700)] {
        chown(top.join(path), Some(uid), Some(uid + 1)).unwrap();
        fs::set_permissions(top.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    let value = CString::new("user.colour").unwrap();
    setxattr(top.join("file"), &value, b"red", XattrFlags::empty()).unwrap();
    std::os::unix::fs::lchown(top.join("link"), Some(5), Some(6)).unwrap();
    let moment = Timespec { tv_sec: 1_000_000, tv_nsec: 5 };
    let times = Timestamps { last_access: moment, last_modification: moment };
    for path in ["file", "deep", "."] {
        utimensat(CWD, top.join(path), &times, AtFlags::empty()).unwrap();
    }
    top
}

#[test]
fn a_copy_is_what_it_was_copied_from() {
    let root = tempfile::tempdir().unwrap();
    let (top, volume) = (content(root.path()), volume(root.path()));
    let held = volume.make().unwrap();
    assert!(held.fill(open(&top).as_fd(), Sharing::Alone).unwrap());
    let data = volume.data();
    let told = |path: &str| {
        let found = fs::symlink_metadata(data.join(path)).unwrap();
        (found.uid(), found.gid(), found.mode() & 0o7777, found.mtime(), found.mtime_nsec())
    };
    assert_eq!(told("file"), (7, 8, 0o4711, 1_000_000, 5));
    assert_eq!(told("deep"), (8, 9, 0o1750, 1_000_000, 5));
    assert_eq!(told("."), (9, 10, 0o700, 1_000_000, 5));
    assert_eq!(told("link").0, 5);
    assert_eq!(fs::read_link(data.join("link")).unwrap(), Path::new("/nowhere"));
    assert_eq!(fs::read(data.join("deep/er/other")).unwrap(), b"more");
    let inode = |path: &str| fs::metadata(data.join(path)).unwrap().ino();
    assert_eq!(inode("file"), inode("deep/linked"));
    assert!(fs::symlink_metadata(data.join("pipe")).unwrap().file_type().is_fifo());
    assert_eq!(fs::metadata(data.join("null")).unwrap().rdev(), rustix::fs::makedev(1, 3));
    let mut value = [0; 3];
    rustix::fs::getxattr(data.join("file"), c"user.colour", &mut value[..]).unwrap();
    assert_eq!(&value, b"red");
    assert_eq!(fs::read(data.join("sparse")).unwrap(), fs::read(top.join("sparse")).unwrap());
    assert!(fs::metadata(data.join("sparse")).unwrap().blocks() < 2048, "the holes are filled");
    assert!(!held.has_leftovers().unwrap());
}

#[test]
fn what_is_in_a_volume_already_stays_alone() {
    let root = tempfile::tempdir().unwrap();
    let (top, volume) = (content(root.path()), volume(root.path()));
    let held = volume.make().unwrap();
    fs::write(volume.data().join("mine"), "x").unwrap();
    assert!(!held.fill(open(&top).as_fd(), Sharing::Alone).unwrap());
    assert_eq!(fs::read_dir(volume.data()).unwrap().count(), 1);
}

#[test]
fn a_volume_that_others_have_keeps_its_directory() {
    let root = tempfile::tempdir().unwrap();
    let (top, volume) = (content(root.path()), volume(root.path()));
    let held = volume.make().unwrap();
    let seen_by_others = open(&volume.data());
    assert!(held.fill(open(&top).as_fd(), Sharing::WithOthers).unwrap());
    let ino = |file: &File| file.metadata().unwrap().ino();
    assert_eq!(ino(&seen_by_others), ino(&open(&volume.data())));
    assert_eq!(seen_by_others.metadata().unwrap().mode() & 0o7777, 0o700);
    assert_eq!(fs::read(volume.data().join("file")).unwrap(), b"text");
    assert!(!held.has_leftovers().unwrap());
}

#[test]
fn an_incomplete_copy_is_begun_anew() {
    let root = tempfile::tempdir().unwrap();
    let (top, volume) = (content(root.path()), volume(root.path()));
    drop(volume.make().unwrap());
    let filling = volume.data().with_file_name(FILLING);
    fs::create_dir(&filling).unwrap();
    fs::write(filling.join("half"), "x").unwrap();
    let held = volume.make().unwrap();
    assert!(held.has_leftovers().unwrap() && held.is_empty().unwrap());
    assert!(held.fill(open(&top).as_fd(), Sharing::Alone).unwrap());
    assert!(!volume.data().join("half").exists() && volume.data().join("file").exists());
}

#[test]
fn a_complete_copy_is_moved_in_by_whoever_comes_next() {
    let root = tempfile::tempdir().unwrap();
    let volume = volume(root.path());
    drop(volume.make().unwrap());
    let full = volume.data().with_file_name(FULL);
    fs::create_dir(&full).unwrap();
    fs::write(full.join("one"), "of the image").unwrap();
    fs::write(full.join("two"), "of the image").unwrap();
    fs::set_permissions(&full, fs::Permissions::from_mode(0o711)).unwrap();
    // A container that has it mounted has written meanwhile.
    fs::write(volume.data().join("two"), "of a container").unwrap();
    let held = volume.make().unwrap();
    held.finish().unwrap();
    assert_eq!(fs::read(volume.data().join("one")).unwrap(), b"of the image");
    assert_eq!(fs::read(volume.data().join("two")).unwrap(), b"of a container");
    assert_eq!(fs::metadata(volume.data()).unwrap().mode() & 0o7777, 0o711);
    assert!(!held.has_leftovers().unwrap());
}

#[test]
fn no_depth_is_too_deep() {
    let root = tempfile::tempdir().unwrap();
    let top = root.path().join("content");
    fs::create_dir(&top).unwrap();
    let mut inner = open(&top);
    for _ in 0..3000 {
        rustix::fs::mkdirat(&inner, "d", Mode::RWXU).unwrap();
        inner = File::from(
            rustix::fs::openat(&inner, "d", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap(),
        );
    }
    drop(inner);
    let volume = volume(root.path());
    let held = volume.make().unwrap();
    assert!(held.fill(open(&top).as_fd(), Sharing::Alone).unwrap());
    let mut depth = 0;
    let mut inner = open(&volume.data());
    while let Ok(next) = rustix::fs::openat(&inner, "d", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()) {
        (inner, depth) = (File::from(next), depth + 1);
    }
    assert_eq!(depth, 3000);
    held.remove().unwrap();
    corten_tree::remove(File::open(root.path()).unwrap(), "content").unwrap();
}
