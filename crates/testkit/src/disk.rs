//! A small file system of one test's own, so that it can be filled without disturbing anybody.
//!
//! It is seen by the thread that made it and by what that thread starts from then on, not by the machine.

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
        fs::create_dir(path).expect("a directory to mount on");
        unshare(ThreadNameSpaceType::MOUNT).expect("a mount namespace");
        mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE)
            .expect("no propagation");
        let options = std::ffi::CString::new(format!("size={size},mode=700")).expect("no zero byte");
        mount("corten-test", path, "tmpfs", MountFlags::empty(), options.as_c_str()).expect("a file system");
        Disk(path.to_owned())
    }
}

impl Drop for Disk {
    /// Detached: a process that is about to end may still be in it.
    fn drop(&mut self) {
        // What cannot be unmounted goes with the namespace.
        let _ = unmount(&self.0, UnmountFlags::DETACH);
    }
}
