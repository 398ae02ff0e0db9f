//! Leaving the host's file system for good.
//!
//! Nothing is mounted into the root after this; it can only be protected.

use corten_spec::runtime::{RootfsPropagation, State};
use corten_sys::mount_attributes::{Change, Propagation};
use rustix::mount::{MountAttrFlags, UnmountFlags, unmount};
use rustix::process::{chdir, fchdir, pivot_root};

use super::{Init, file_system, root, root_of};
use crate::failure::{Doing, Failure};
use crate::hook;
use crate::message::{self, CONTINUE, Message};

/// Lets the starter run those of its own namespaces, then runs those of the container's.
pub(super) fn run_hooks(init: &mut Init<'_>) -> Result<(), Failure> {
    let (Some((hooks, state)), Some(channel)) = (init.plan.hooks(), &init.common.channel) else {
        return Ok(());
    };
    message::tell(channel, &Message::HooksDue, None).doing(|| "ask for the hooks".into())?;
    if !message::await_word(channel, CONTINUE).doing(|| "wait for the hooks".into())? {
        return Err(Failure::refused("the starter ended while it ran hooks"));
    }
    // The host's /proc, so the pid is the host's.
    let own = std::fs::read_link("/proc/self").doing(|| "read the own pid".into())?;
    let pid = own.to_str().and_then(|pid| pid.parse().ok());
    hook::run_all("createContainer", &hooks.create_container, &State { pid, ..state.clone() })
}

/// pivot_root(2) of `.` onto `.`: the old root lies on top of the new one afterwards, and is taken off by its current directory,
/// so no directory for it has to exist in the image. Among the mounts of others it is chroot(2) instead.
pub(super) fn enter(init: &mut Init<'_>) -> Result<(), Failure> {
    let root = root_of(&init.root)?;
    if init.plan.namespaces.shares_mounts() {
        return root::change_root(root);
    }
    fchdir(root).doing(|| "enter the root".into())?;
    pivot_root(".", ".").doing(|| "pivot to the root".into())?;
    unmount(".", UnmountFlags::DETACH).doing(|| "take the host's root off".into())?;
    chdir("/").doing(|| "enter the root".into())
}

/// Read-only, where the configuration wants it, and with the propagation that it names.
pub(super) fn protect_root(init: &mut Init<'_>) -> Result<(), Failure> {
    let propagation = match init.plan.root_propagation() {
        RootfsPropagation::Shared => Some((Propagation::Shared, false)),
        RootfsPropagation::RShared => Some((Propagation::Shared, true)),
        RootfsPropagation::Unbindable => Some((Propagation::Unbindable, false)),
        RootfsPropagation::RUnbindable => Some((Propagation::Unbindable, true)),
        // As it was made.
        _ => None,
    };
    let root = root_of(&init.root)?;
    if let Some((propagation, recursive)) = propagation {
        let change = Change { propagation: Some(propagation), recursive, ..Change::NONE };
        file_system::change(root, &change).doing(|| "set the propagation of the root".into())?;
    }
    let mut set = MountAttrFlags::empty();
    set.set(MountAttrFlags::MOUNT_ATTR_RDONLY, init.plan.read_only_root);
    file_system::change(root, &Change { set, ..Change::NONE }).doing(|| "make the root read-only".into())
}
