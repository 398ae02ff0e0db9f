//! What bind mounts show, opened while the host's paths still mean the host.
//!
//! A detached copy of each: nothing that happens to the path afterwards changes what is mounted.

use std::os::fd::OwnedFd;

use corten_spec::runtime::RootfsPropagation;
use corten_sys::mount_attributes::Propagation;
use rustix::fs::FileType;

use super::beneath::{self, Missing};
use super::elsewhere::Elsewhere;
use super::{Init, cgroup_mounts, file_system};
use crate::failure::{Doing, Failure};
use crate::plan::{MountKind, MountPlan};

/// One copy, with attributes and propagation as the plan has them.
pub(super) struct Source {
    pub(super) mount: OwnedFd,
    /// What a target has to be, and is made where there is none.
    pub(super) target: Missing,
}

pub(super) fn open(init: &mut Init<'_>) -> Result<(), Failure> {
    let default = match init.plan.root_propagation() {
        RootfsPropagation::Shared | RootfsPropagation::RShared => None,
        RootfsPropagation::Private | RootfsPropagation::RPrivate => Some(Propagation::Private),
        RootfsPropagation::Slave | RootfsPropagation::RSlave => Some(Propagation::Slave),
        RootfsPropagation::Unbindable | RootfsPropagation::RUnbindable => Some(Propagation::Unbindable),
    };
    let opened = init.plan.mounts.iter().map(|mount| open_one(mount, default));
    init.sources = opened.collect::<Result<_, _>>()?;
    if init.plan.mounts.iter().any(|mount| mount.kind == MountKind::Cgroup) {
        init.cgroup_views = cgroup_mounts::open(init)?;
    }
    Ok(())
}

fn open_one(mount: &MountPlan, default: Option<Propagation>) -> Result<Option<Source>, Failure> {
    let MountKind::Bind { source, recursive } = &mount.kind else { return Ok(None) };
    let copy = match Elsewhere::parse(source) {
        Some(elsewhere) => elsewhere.copy(*recursive)?,
        None => {
            file_system::copy_of_host(source, *recursive).doing(|| format!("open bind source `{source}`"))?
        }
    };
    let kind = beneath::file_type(&copy).doing(|| format!("look at bind source `{source}`"))?;
    let mut tree = mount.tree;
    if mount.propagation().is_none() {
        tree.propagation = default;
    }
    for change in [&tree, &mount.own] {
        file_system::change(&copy, change)
            .doing(|| format!("set the attributes of bind source `{source}`"))?;
    }
    let target = if kind == FileType::Directory { Missing::Directory } else { Missing::File };
    Ok(Some(Source { mount: copy, target }))
}
