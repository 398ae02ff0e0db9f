//! The container's view of its cgroup.
//!
//! It joins and limits nothing.

use std::os::fd::OwnedFd;

use super::Init;
use super::file_system::Context;
use super::mounts::attach_at;
use crate::failure::Failure;
use crate::plan::MountPlan;

pub(super) fn mount(_init: &Init<'_>, root: &OwnedFd, mount: &MountPlan) -> Result<(), Failure> {
    let made = Context::open("cgroup2")?.mount(mount.own.set)?;
    attach_at(root, mount, &made)
}
