//! A small file system of one test's own, so that it can be filled without disturbing anybody.
//!
//! It is seen by the thread that made it and by what that thread starts from then on, not by the machine.

use std::process::Command;
use std::{fs, path::Path, path::PathBuf};

use corten_sys::namespaces::unshare;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount};
use rustix::thread::ThreadNameSpaceType;

/// Mounted until dropped.
#[derive(Debug)]
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// Puts the calling thread into a mount namespace of its own and mounts a file system of `size` bytes at `path`.
    pub(crate) fn mount(path: &Path, size: u64) -> Disk {
        prepare(path);
        let options = std::ffi::CString::new(format!("size={size},mode=700")).expect("no zero byte");
        mount("corten-test", path, "tmpfs", MountFlags::empty(), options.as_c_str()).expect("a file system");
        Disk(path.to_owned())
    }

    /// The same with an ext4 in the file `image` that limits what projects take; `None` where this machine has no program or no kernel
    /// for that.
    pub(crate) fn mount_with_project_quotas(path: &Path, image: &Path, size: u64) -> Option<Disk> {
        fs::File::create(image).and_then(|file| file.set_len(size)).expect("a sparse file");
        prepare(path);
        let succeeds = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
        let formatted = succeeds(
            Command::new("mke2fs").args(["-q", "-F", "-t", "ext4", "-O", "quota,project"]).arg(image),
        );
        // mount(8) finds a loop device that is free.
        let mounted =
            formatted && succeeds(Command::new("mount").args(["-o", "loop,prjquota"]).arg(image).arg(path));
        mounted.then(|| Disk(path.to_owned()))
    }
}

/// Puts the calling thread into a mount namespace of its own, and makes a directory to mount on.
fn prepare(path: &Path) {
    fs::create_dir(path).expect("a directory to mount on");
    unshare(ThreadNameSpaceType::MOUNT).expect("a mount namespace");
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE).expect("no propagation");
}

impl Drop for Disk {
    /// Detached: a process that is about to end may still be in it.
    fn drop(&mut self) {
        // What cannot be unmounted goes with the namespace.
        let _ = unmount(&self.0, UnmountFlags::DETACH);
    }
}
