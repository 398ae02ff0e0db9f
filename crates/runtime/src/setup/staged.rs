//! What this runtime does for another one, which knows only directories and numbers: the root mounted at a path, the user looked up.
//!
//! The calling process becomes one of a kind by it: its mount namespace is its own from then on.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use corten_spec::runtime::Process;
use corten_sys::mount_attributes::{Change, Propagation};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::mount::{UnmountFlags, unmount};
use rustix::thread::ThreadNameSpaceType;

use super::overlay::{self, Layers};
use super::{file_system, identity, root};
use crate::StartFailure;
use crate::failure::{Doing, Failure};
use crate::launch::{RootSource, UserSource};

/// A root file system mounted for others to find, where only this process and its children see it.
#[derive(Debug)]
pub struct StagedRoot(OwnedFd);

impl StagedRoot {
    /// Parts the calling process, which has one thread, from the host's mounts, and mounts the root at `place`, a directory.
    ///
    /// # Errors
    /// What the mount calls say.
    pub fn mount(source: &RootSource, place: &Path) -> Result<Self, StartFailure> {
        stage(source, place).map(Self).map_err(Into::into)
    }

    /// Puts the numbers of the user into `process`, and `HOME` into its environment where there is none.
    ///
    /// # Errors
    /// Users and groups that the root does not know, in Docker's words; files of it that are none.
    pub fn resolve(&self, user: &UserSource, process: &mut Process) -> Result<(), StartFailure> {
        Ok(identity::resolve(&self.0, user, process)?)
    }

    /// Takes it off again; others who still have it keep it.
    ///
    /// # Errors
    /// What umount(2) says.
    pub fn unmount(self, place: &Path) -> std::io::Result<()> {
        drop(self.0);
        Ok(unmount(place, UnmountFlags::DETACH)?)
    }
}

/// As [`StagedRoot::resolve`], in the files of a container that runs.
///
/// # Errors
/// As there; when the container has ended.
pub fn resolve_inside(init: u32, user: &UserSource, process: &mut Process) -> Result<(), StartFailure> {
    Ok(identity::resolve(&root::open_host(format!("/proc/{init}/root"))?, user, process)?)
}

fn stage(source: &RootSource, place: &Path) -> Result<OwnedFd, Failure> {
    corten_sys::namespaces::unshare(ThreadNameSpaceType::MOUNT).doing(|| "leave the host's mounts".into())?;
    let apart = Change { propagation: Some(Propagation::Slave), recursive: true, ..Change::NONE };
    file_system::change(root::open_host("/")?, &apart).doing(|| "part from the host's mounts".into())?;
    let made = match source {
        RootSource::Directory(path) => Some(root::copy_of_directory(path)?),
        RootSource::Overlay { lower, upper, work } => overlay::make(&Layers { lower, upper, work })?,
    };
    let mount = match (made, source) {
        (None, RootSource::Overlay { lower, upper, work }) => {
            let in_place = overlay::mount_in_place(&Layers { lower, upper, work })?;
            file_system::copy(in_place.as_fd(), "", false).doing(|| "copy the root".into())?
        }
        (made, _) => made.ok_or_else(|| Failure::refused("the root was not made"))?,
    };
    file_system::attach(&mount, root::open_host(place)?).doing(|| "mount the root".into())?;
    openat(CWD, place, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .doing(|| format!("open `{}`", place.display()))
}
