//! The root file system: a detached overlay or a bound directory, the small mounts, the paths that are hidden.
//!
//! Everything happens in a mount namespace of its own and ends with it.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use corten_spec::runtime::{default_masked_paths, default_readonly_paths};
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, Uid, chownat, makedev, mkdir, mknodat, symlink};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags, fsconfig_create, fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen,
    mount, mount_bind, mount_change, mount_remount, move_mount, open_tree, unmount,
};
use rustix::process::{chdir, fchdir, pivot_root};

use crate::error::{Doing, Result};
use crate::scratch::Scratch;

const NODES: [(&str, u32, u32); 6] = [
    ("dev/null", 1, 3),
    ("dev/zero", 1, 5),
    ("dev/full", 1, 7),
    ("dev/random", 1, 8),
    ("dev/urandom", 1, 9),
    ("dev/tty", 5, 0),
];
const LINKS: [(&str, &str); 6] = [
    ("/proc/self/fd", "dev/fd"),
    ("/proc/self/fd/0", "dev/stdin"),
    ("/proc/self/fd/1", "dev/stdout"),
    ("/proc/self/fd/2", "dev/stderr"),
    ("/proc/kcore", "dev/core"),
    ("pts/ptmx", "dev/ptmx"),
];

const NO_SUID: MountFlags = MountFlags::NOSUID;
const HARDENED: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV).union(MountFlags::NOEXEC);

/// Mounts the root file system: an overlay where there is a place for its changes, else the directory itself.
pub(crate) fn root(directory: &Path, scratch: Option<&Scratch>) -> Result<OwnedFd> {
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).doing("part from the host's mounts")?;
    match scratch {
        Some(scratch) => overlay(directory, scratch),
        None => bound(directory),
    }
}

fn bound(directory: &Path) -> Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let root = open_tree(CWD, directory, flags).doing("bind the root")?;
    move_mount(&root, c"", CWD, directory, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
        .doing("attach the root")?;
    Ok(root)
}

/// Mounts the overlay where its own upper directory lies: this namespace is private, so no other place has to exist.
fn overlay(lower: &Path, scratch: &Scratch) -> Result<OwnedFd> {
    let upper = scratch.upper();
    let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC).doing("open the overlay")?;
    for (key, value) in [("lowerdir+", lower), ("upperdir", &upper), ("workdir", &scratch.work())] {
        fsconfig_set_string(&context, key, value).doing("configure the overlay")?;
    }
    // Nobody wants to find the upper directory after a power cut; without this, unmounting waits until the whole file system below
    // it has been written to the disk.
    fsconfig_set_flag(&context, "volatile").doing("configure the overlay")?;
    fsconfig_create(&context).doing("create the overlay")?;
    let root = fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())
        .doing("mount the overlay")?;
    move_mount(&root, c"", CWD, &upper, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
        .doing("attach the overlay")?;
    Ok(root)
}

/// Relative to the new root, which becomes the current directory.
pub(crate) fn small_mounts(root: &OwnedFd) -> Result<()> {
    fchdir(root).doing("enter the overlay")?;
    let directory = Mode::from_raw_mode(0o755);
    mount("proc", "proc", "proc", HARDENED, None).doing("mount proc")?;
    mount("tmpfs", "dev", "tmpfs", NO_SUID | MountFlags::STRICTATIME, c"mode=755,size=65536k")
        .doing("mount dev")?;
    for path in ["dev/pts", "dev/shm", "dev/mqueue"] {
        mkdir(path, directory).doing("make a directory")?;
    }
    let terminals = c"newinstance,ptmxmode=0666,mode=0620,gid=5";
    let no_exec = NO_SUID | MountFlags::NOEXEC;
    mount("devpts", "dev/pts", "devpts", no_exec, terminals).doing("mount devpts")?;
    mount("shm", "dev/shm", "tmpfs", HARDENED, c"mode=1777,size=65536k").doing("mount shm")?;
    mount("mqueue", "dev/mqueue", "mqueue", HARDENED, None).doing("mount mqueue")?;
    mount("sysfs", "sys", "sysfs", HARDENED | MountFlags::RDONLY, None).doing("mount sys")
}

pub(crate) fn devices() -> Result<()> {
    for (path, major, minor) in NODES {
        let mode = Mode::from_raw_mode(0o666);
        mknodat(CWD, path, FileType::CharacterDevice, mode, makedev(major, minor)).doing("make a device")?;
        chownat(CWD, path, Some(Uid::ROOT), Some(Gid::ROOT), AtFlags::empty()).doing("own a device")?;
    }
    LINKS.iter().try_for_each(|(target, path)| symlink(*target, *path).doing("make a link"))
}

/// The old root lies on top of the new one after this pivot, and is taken off by its current directory.
pub(crate) fn enter() -> Result<()> {
    pivot_root(".", ".").doing("pivot the root")?;
    unmount(".", UnmountFlags::DETACH).doing("take the old root off")?;
    chdir("/").doing("enter the root")
}

/// Docker's lists.
pub(crate) fn protect() -> Result<()> {
    default_readonly_paths().iter().try_for_each(|path| make_read_only(path))?;
    let mut empty = None;
    default_masked_paths().into_iter().try_for_each(|path| mask(path, &mut empty))
}

fn make_read_only(path: &str) -> Result<()> {
    match mount_bind(path, path) {
        // A kernel without it.
        Err(Errno::NOENT) => return Ok(()),
        bound => bound.doing("bind a path")?,
    }
    let flags = MountFlags::BIND | MountFlags::RDONLY | HARDENED;
    mount_remount(path, flags, c"").doing("make a path read-only")
}

/// The first directory gets an empty file system, the next ones a bind of it: that costs less than another.
fn mask(path: String, empty: &mut Option<String>) -> Result<()> {
    let Ok(metadata) = fs::metadata(&path) else { return Ok(()) };
    let cover = if metadata.is_dir() { empty.as_deref() } else { Some("/dev/null") };
    if let Some(cover) = cover {
        return mount_bind(cover, path).doing("mask a path");
    }
    mount("tmpfs", &path, "tmpfs", HARDENED | MountFlags::RDONLY, c"size=0,nr_inodes=1")
        .doing("mask a directory")?;
    *empty = Some(path);
    Ok(())
}
