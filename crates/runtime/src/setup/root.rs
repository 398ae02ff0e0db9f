//! The container's root mount: cut off from the host, made, and put where the process can enter it.
//!
//! What is mounted below it is `mounts`' affair.

use std::os::fd::OwnedFd;

use corten_spec::runtime::RootfsPropagation;
use corten_sys::mount_attributes::{Change, Propagation};
use rustix::fs::{CWD, Mode, OFlags, openat};

use super::overlay::{self, Layers, Overlay};
use super::{Exec, Init, file_system};
use crate::failure::{Doing, Failure};
use crate::launch::RootSource;
use crate::plan::InitPlan;

const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

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
/// With hooks a bundle's root is mounted over itself instead: they look for it there.
pub(super) fn mount(init: &mut Init<'_>) -> Result<(), Failure> {
    let root = match init.plan.root {
        RootSource::Directory(path) => {
            let shown = path.display();
            let copy = file_system::copy_of_host(path, true).doing(|| format!("open root `{shown}`"))?;
            let place = if init.plan.hooks().is_some() { path.as_path() } else { "/".as_ref() };
            file_system::attach(&copy, open_host(place)?).doing(|| format!("mount root `{shown}`"))?;
            copy
        }
        RootSource::Overlay { lower, upper, work } => match overlay::mount(&Layers { lower, upper, work })? {
            Overlay::Attached(root) => root,
            Overlay::Detached(root) => {
                file_system::attach(&root, open_host("/")?).doing(|| "mount the overlay".into())?;
                root
            }
        },
    };
    init.root = Some(root);
    Ok(())
}

/// The root of a container whose mount namespace has just been joined.
pub(super) fn open_joined(exec: &mut Exec<'_>) -> Result<(), Failure> {
    exec.root = Some(open_host("/")?);
    Ok(())
}

fn open_host(path: impl AsRef<std::path::Path>) -> Result<OwnedFd, Failure> {
    let path = path.as_ref();
    openat(CWD, path, DIRECTORY, Mode::empty()).doing(|| format!("open `{}`", path.display()))
}
