//! The directories of an overlay, shown with the ids of a container's user namespace: what is root's on disk is that of its root.
//!
//! Nothing on disk changes, and every container has the layers that all others have.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use corten_sys::mount_attributes;

use super::overlay::Layers;
use super::{file_system, root};
use crate::failure::{Doing, Failure};

/// Paths to the shown directories, good for as long as this lives.
pub(super) struct IdMappedLayers {
    lower: Vec<PathBuf>,
    upper: PathBuf,
    work: PathBuf,
    _held: Vec<OwnedFd>,
}

impl IdMappedLayers {
    /// Each is mounted on itself, because older kernels take no layer from outside of the mount namespace: this process has one that
    /// nobody else sees.
    pub(super) fn show(layers: &Layers<'_>, ids: &OwnedFd) -> Result<Self, Failure> {
        let mut held = Vec::new();
        let mut show = |path: &Path| {
            let shown = mount_on_itself(path, ids)?;
            let link = PathBuf::from(format!("/proc/self/fd/{}", shown.as_raw_fd()));
            held.push(shown);
            Ok::<_, Failure>(link)
        };
        let lower = layers.lower.iter().map(|path| show(path)).collect::<Result<_, _>>()?;
        // The kernel wants both of them in one mount.
        let (upper, work) = (layers.upper.parent(), layers.work.parent());
        let (Some(parent), true) = (upper, upper == work) else {
            let paths = (layers.upper.display(), layers.work.display());
            return Err(Failure::refused(format!(
                "`{}` and `{}` are not in one directory",
                paths.0, paths.1
            )));
        };
        let both = show(parent)?;
        let of = |path: &Path| path.file_name().map_or_else(|| both.clone(), |name| both.join(name));
        let (upper, work) = (of(layers.upper), of(layers.work));
        Ok(Self { lower, upper, work, _held: held })
    }

    pub(super) fn layers(&self) -> Layers<'_> {
        Layers { lower: &self.lower, upper: &self.upper, work: &self.work }
    }
}

fn mount_on_itself(path: &Path, ids: &OwnedFd) -> Result<OwnedFd, Failure> {
    let shown = path.display();
    let copy = file_system::copy_of_host(path, false).doing(|| format!("open layer `{shown}`"))?;
    mount_attributes::map_ids(&copy, ids.as_fd(), false)
        .doing(|| format!("show layer `{shown}` with the ids of a user namespace"))?;
    file_system::attach(&copy, root::open_host(path)?).doing(|| format!("mount layer `{shown}`"))?;
    Ok(copy)
}
