//! The container's root mount: cut off from the host, made, and put where the process can enter it.
//!
//! What is mounted below it is `mounts`' affair.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use corten_spec::runtime::RootfsPropagation;
use corten_sys::mount_attributes::{Change, Propagation};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::{chroot, fchdir};

use super::id_mapped_layers::IdMappedLayers;
use super::overlay::{self, Layers};
use super::{Exec, Init, file_system};
use crate::failure::{Doing, Failure};
use crate::launch::{Launch, RootSource};
use crate::plan::InitPlan;

const PRIVATE: Change = Change { propagation: Some(Propagation::Private), recursive: true, ..Change::NONE };

const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Leaves mounts alone that are not a copy.
pub(super) fn part(plan: &InitPlan<'_>) -> Result<(), Failure> {
    if plan.namespaces.shares_mounts() { Ok(()) } else { part_from_host(plan) }
}

/// Takes this copy of the host's mounts out of the host's peer groups. What the container shares with the host was opened before.
pub(super) fn part_from_host(plan: &InitPlan<'_>) -> Result<(), Failure> {
    let propagation = match plan.root_propagation() {
        RootfsPropagation::Private | RootfsPropagation::RPrivate => Propagation::Private,
        _ => Propagation::Slave,
    };
    let change = Change { propagation: Some(propagation), recursive: true, ..Change::NONE };
    file_system::change(open_host("/")?, &change).doing(|| "part from the host's mounts".into())
}

/// Mounts the root file system over `/` of this namespace: a place that always exists, and that nothing but the pivot looks at.
///
/// With hooks a bundle's root is mounted over itself, and one of layers in its bundle: they look for it there. So it is among the mounts
/// of others, which must not be hidden, and which what is mounted in the root must not travel to.
pub(super) fn mount(init: &mut Init<'_>) -> Result<(), Failure> {
    init.root = Some(match (init.root.take(), init.plan.root) {
        (None, RootSource::Overlay { lower, upper, work }) => {
            let root = overlay::mount_in_place(&Layers { lower, upper, work })?;
            if init.plan.hooks().is_none() {
                root
            } else {
                let copy = file_system::copy(root, "", false).doing(|| "copy the root".into())?;
                file_system::attach(&copy, open_host(place(init.plan))?).doing(|| "mount the root".into())?;
                copy
            }
        }
        (None, RootSource::Directory(path)) => {
            return Err(Failure::refused(format!("root `{}` was not made", path.display())));
        }
        (Some(root), _) => {
            if init.plan.namespaces.shares_mounts() {
                file_system::change(&root, &PRIVATE).doing(|| "make the root private".into())?;
            }
            file_system::attach(&root, open_host(place(init.plan))?).doing(|| "mount the root".into())?;
            root
        }
    });
    Ok(())
}

fn place(plan: &InitPlan<'_>) -> PathBuf {
    match (plan.root, plan.hooks().and(plan.bundle)) {
        (RootSource::Overlay { .. }, Some(bundle)) => Launch::place_of_root(bundle),
        (RootSource::Directory(path), Some(_)) => path.clone(),
        (RootSource::Directory(path), None) if plan.namespaces.shares_mounts() => path.clone(),
        _ => PathBuf::from("/"),
    }
}

/// Makes the root, detached, unless it was handed over, or the kernel mounts an overlay only in its place.
pub(super) fn make(init: &mut Init<'_>) -> Result<(), Failure> {
    if init.root.is_none() {
        init.root = match init.plan.root {
            RootSource::Directory(path) => Some(copy_of_directory(path)?),
            RootSource::Overlay { lower, upper, work } => overlay::make(&Layers { lower, upper, work })?,
        };
    }
    Ok(())
}

/// Makes the root for a process that will mount it: layers are shown by the ids of its user namespace, so that one set of them serves
/// every container. A bundle's directory is what its owner made it.
pub(super) fn make_detached(plan: &InitPlan<'_>, ids: Option<&OwnedFd>) -> Result<OwnedFd, Failure> {
    let layers = match plan.root {
        RootSource::Directory(path) => return copy_of_directory(path),
        RootSource::Overlay { lower, upper, work } => Layers { lower, upper, work },
    };
    let shown = ids.map(|ids| IdMappedLayers::show(&layers, ids)).transpose()?;
    let layers = shown.as_ref().map_or(layers, IdMappedLayers::layers);
    match overlay::make(&layers)? {
        Some(root) => Ok(root),
        None => {
            let root = overlay::mount_in_place(&layers)?;
            file_system::copy(root, "", false).doing(|| "copy the root".into())
        }
    }
}

pub(super) fn copy_of_directory(path: &Path) -> Result<OwnedFd, Failure> {
    file_system::copy_of_host(path, true).doing(|| format!("open root `{}`", path.display()))
}

/// The root of a container that is not the root of its mount namespace.
pub(super) fn open_target(exec: &mut Exec<'_>) -> Result<(), Failure> {
    if exec.target.shares_mounts {
        exec.root = Some(open_host(format!("/proc/{}/root", exec.target.pid))?);
    }
    Ok(())
}

/// The root of a container whose mount namespace has just been joined, and which one is in by that, unless it is shared.
pub(super) fn enter_joined(exec: &mut Exec<'_>) -> Result<(), Failure> {
    match &exec.root {
        Some(root) => change_root(root),
        None => {
            exec.root = Some(open_host("/")?);
            Ok(())
        }
    }
}

/// chroot(2): for who shares the mounts of others, whose root is not to be taken away.
pub(super) fn change_root(root: &OwnedFd) -> Result<(), Failure> {
    fchdir(root).and_then(|()| chroot(".")).doing(|| "enter the root".into())
}

pub(super) fn open_host(path: impl AsRef<Path>) -> Result<OwnedFd, Failure> {
    let path = path.as_ref();
    openat(CWD, path, DIRECTORY, Mode::empty()).doing(|| format!("open `{}`", path.display()))
}
