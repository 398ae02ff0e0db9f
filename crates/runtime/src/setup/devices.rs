//! Device nodes and the links that belong in every `/dev`.
//!
//! What may be done with them is the cgroup's affair.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use corten_spec::runtime::{Device, DeviceKind};
use rustix::fs::{Access, AtFlags, FileType, Gid, Mode, Uid, access, chownat, makedev, mknodat, symlinkat};
use rustix::io::Errno;

use super::beneath::{self, Missing};
use super::{Init, root_of};
use crate::failure::{Doing, Failure};
use crate::plan::MountKind;

/// What `config-linux.md` (default devices) promises: name, major, minor.
const DEFAULT: [(&str, u32, u32); 6] =
    [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

/// Link and target.
const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// Not in the specification; every runtime makes it on a kernel that has it.
const CORE: (&str, &str) = ("core", "/proc/kcore");

/// Read and write for everybody.
const OPEN_MODE: u32 = 0o666;

pub(super) fn make(init: &mut Init<'_>) -> Result<(), Failure> {
    let plan = init.plan;
    let is_hosts = plan
        .mounts
        .iter()
        .any(|mount| mount.destination == "/dev" && matches!(mount.kind, MountKind::Bind { .. }));
    if is_hosts {
        // The host's own /dev: it has its nodes, and is not ours to write to.
        return Ok(());
    }
    let root = root_of(&init.root)?;
    let directory =
        beneath::open_or_create(root, "/dev".as_ref(), Missing::Directory).doing(|| "open `/dev`".into())?;
    for device in plan.devices() {
        make_one(root, Path::new(&device.path), device)?;
    }
    make_default(&directory)?;
    // The host's /proc, as long as that is in reach: the container's hides it.
    let core = access(CORE.1, Access::EXISTS).is_ok().then_some(CORE);
    for (name, target) in LINKS.into_iter().chain(core) {
        match symlinkat(target, &directory, name) {
            Err(Errno::EXIST) => {}
            linked => linked.doing(|| format!("link `/dev/{name}`"))?,
        }
    }
    Ok(())
}

/// Fills a file system that will be `/dev`, for a container that cannot make nodes itself. Devices elsewhere are left to it: it says
/// which it cannot make.
pub(super) fn make_nodes(directory: &OwnedFd, devices: &[Device]) -> Result<(), Failure> {
    for device in devices {
        if let Ok(path) = Path::new(&device.path).strip_prefix("/dev") {
            make_one(directory, &Path::new("/").join(path), device)?;
        }
    }
    make_default(directory)
}

fn make_default(directory: &OwnedFd) -> Result<(), Failure> {
    for (name, major, minor) in DEFAULT {
        let node = FileType::CharacterDevice;
        make_node(directory, Path::new(name), node, OPEN_MODE, makedev(major, minor))
            .doing(|| format!("make device `/dev/{name}`"))?;
    }
    Ok(())
}

fn make_one(root: &OwnedFd, path: &Path, device: &Device) -> Result<(), Failure> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Failure::refused(format!("device path `{}` names no file", device.path)));
    };
    let kind = match device.kind {
        DeviceKind::Block => FileType::BlockDevice,
        DeviceKind::Char | DeviceKind::Unbuffered => FileType::CharacterDevice,
        DeviceKind::Fifo => FileType::Fifo,
        DeviceKind::All => return Err(Failure::refused(format!("device `{}` has no kind", device.path))),
    };
    let directory = beneath::open_or_create(root, parent, Missing::Directory)
        .doing(|| format!("open the directory of device `{}`", device.path))?;
    let mode = device.file_mode.unwrap_or(OPEN_MODE);
    let number = makedev(device.major as u32, device.minor as u32);
    let made = make_node(&directory, name.as_ref(), kind, mode, number);
    if made.doing(|| format!("make device `{}`", device.path))? && (device.uid, device.gid) != (None, None) {
        let (uid, gid) = (device.uid.map(Uid::from_raw), device.gid.map(Gid::from_raw));
        chownat(&directory, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)
            .doing(|| format!("give device `{}` its owner", device.path))?;
    }
    Ok(())
}

/// Whether it was made: what is there already stays.
fn make_node(
    directory: impl AsFd,
    name: &Path,
    kind: FileType,
    mode: u32,
    number: u64,
) -> Result<bool, Errno> {
    match mknodat(directory, name, kind, Mode::from_raw_mode(mode & 0o7777), number) {
        Err(Errno::EXIST) => Ok(false),
        made => made.map(|()| true),
    }
}
