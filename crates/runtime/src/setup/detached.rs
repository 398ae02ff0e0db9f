//! The mounts of the configuration before they have a place: made in its order, which is that of the kernel's mount table, while the
//! host's paths still mean the host.
//!
//! Of what bind mounts show there is a copy then: nothing that happens to the path afterwards changes what is mounted.

use std::os::fd::OwnedFd;

use corten_spec::runtime::RootfsPropagation;
use corten_sys::mount_attributes::{Change, Propagation};
use rustix::fs::{FileType, OFlags, fstat};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;

use super::beneath::{self, Missing};
use super::elsewhere::Elsewhere;
use super::file_system::{self, Context};
use super::{Init, cgroup_mounts, copy_up};
use crate::failure::{Doing, Failure};
use crate::plan::{InitPlan, MountKind, MountPlan};

/// One mount, with attributes as the plan has them; a copy has its propagation too.
pub(super) struct Detached {
    pub(super) mount: OwnedFd,
    /// What a target has to be, and is made where there is none.
    pub(super) target: Missing,
}

/// One for each mount of the plan; `None` for a tmpfs that takes after what it hides. What was handed over from outside is copied when
/// its turn comes, where the kernel lets it.
pub(super) fn make_all(init: &mut Init<'_>) -> Result<(), Failure> {
    let plan = init.plan;
    if !plan.is_helped() {
        init.cgroup_views = cgroup_mounts::open(plan, &init.common.tasks, init.cgroup)?;
    }
    let mut handed = std::mem::take(&mut init.mounts);
    handed.resize_with(plan.mounts.len(), || None);
    let propagation = default_propagation(plan);
    let made = plan.mounts.iter().zip(handed).map(|(mount, handed)| match (handed, &mount.kind) {
        (Some(handed), _) => Ok(Some(handed.again())),
        (None, MountKind::Bind { .. }) => copy_of_source(mount, propagation).map(Some),
        (None, MountKind::Cgroup) => cgroup_mounts::make(init, mount).map(directory),
        (None, MountKind::FileSystem { .. }) if takes_after(mount) => Ok(None),
        (None, MountKind::FileSystem { .. }) => make_file_system(mount, None).map(directory),
    });
    init.mounts = made.collect::<Result<_, _>>()?;
    Ok(())
}

fn directory(mount: OwnedFd) -> Option<Detached> {
    Some(Detached { mount, target: Missing::Directory })
}

impl Detached {
    /// A copy, younger than the mounts before it. Linux before 6.15 makes none of what is detached, and later ones none of what was copied
    /// in another mount namespace: those stay as old as they are.
    fn again(self) -> Self {
        match file_system::copy(&self.mount, "", true) {
            Ok(mount) => Self { mount, ..self },
            Err(_) => self,
        }
    }
}

/// Copies of what bind mounts show, for a process that cannot make them itself; `None` for other mounts.
pub(super) fn copy_sources(plan: &InitPlan<'_>) -> Result<Vec<Option<Detached>>, Failure> {
    let propagation = default_propagation(plan);
    let copies = plan.mounts.iter().map(|mount| match mount.kind {
        MountKind::Bind { .. } => copy_of_source(mount, propagation).map(Some),
        _ => Ok(None),
    });
    copies.collect()
}

/// That of what is copied from the host, where the configuration names none.
fn default_propagation(plan: &InitPlan<'_>) -> Option<Propagation> {
    match plan.root_propagation() {
        RootfsPropagation::Shared | RootfsPropagation::RShared => None,
        RootfsPropagation::Private | RootfsPropagation::RPrivate => Some(Propagation::Private),
        RootfsPropagation::Slave | RootfsPropagation::RSlave => Some(Propagation::Slave),
        RootfsPropagation::Unbindable | RootfsPropagation::RUnbindable => Some(Propagation::Unbindable),
    }
}

fn copy_of_source(mount: &MountPlan, default: Option<Propagation>) -> Result<Detached, Failure> {
    let MountKind::Bind { source, beneath, recursive } = &mount.kind else {
        return Err(Failure::refused(format!(
            "the mount at `{}` shows nothing of the host",
            mount.destination
        )));
    };
    let copy = match (beneath, Elsewhere::parse(source)) {
        (Some(path), _) => beneath::copy_of_host(source, path, *recursive)
            .doing(|| format!("open `{path}` beneath bind source `{source}`"))?,
        (None, Some(elsewhere)) => elsewhere.copy(*recursive)?,
        (None, None) => {
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
    Ok(Detached { mount: copy, target })
}

/// Whether it looks like, or begins with, what is in its place.
fn takes_after(mount: &MountPlan) -> bool {
    mount.is_tmpfs() && (mount.copies_up || !mount.has_parameter("mode"))
}

/// Makes the mount, detached. What it takes from the directory that it will hide is looked up in `root`.
pub(super) fn make_file_system(mount: &MountPlan, root: Option<&OwnedFd>) -> Result<OwnedFd, Failure> {
    let destination = &mount.destination;
    let MountKind::FileSystem { name, source } = &mount.kind else {
        return Err(Failure::refused(format!("`{destination}` is no file system of its own")));
    };
    let context = Context::open(name)?;
    if !source.is_empty() {
        context.set("source", Some(source))?;
    }
    for (key, value) in &mount.parameters {
        context.set(key, value.as_deref())?;
    }
    let has_mode = mount.has_parameter("mode");
    let place = match root {
        Some(root) if takes_after(mount) => existing(root, destination)?,
        _ => None,
    };
    if let (Some(place), false) = (&place, has_mode) {
        // As runc: a tmpfs looks like the directory that it hides, and not like `/tmp`.
        let mode = fstat(place).doing(|| format!("look at `{destination}`"))?.st_mode & 0o7777;
        context.set("mode", Some(&format!("{mode:o}")))?;
    }
    // What is copied into it has to be written.
    let later = if mount.copies_up { MountAttrFlags::MOUNT_ATTR_RDONLY } else { MountAttrFlags::empty() };
    let made = context.mount(mount.own.set - later)?;
    if let (Some(place), true) = (place, mount.copies_up) {
        copy_up::fill(&place, &made)?;
    }
    let protected = Change { set: mount.own.set & later, ..Change::NONE };
    file_system::change(&made, &protected).doing(|| format!("protect `{destination}`"))?;
    Ok(made)
}

/// The directory that the mount will hide, if it is there.
fn existing(root: &OwnedFd, destination: &str) -> Result<Option<OwnedFd>, Failure> {
    match beneath::open(root, destination, OFlags::RDONLY | OFlags::DIRECTORY) {
        Err(Errno::NOENT) => Ok(None),
        opened => opened.map(Some).doing(|| format!("open mount target `{destination}`")),
    }
}
