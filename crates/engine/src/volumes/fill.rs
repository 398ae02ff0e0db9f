//! The first use of a volume: what the image has at its place is copied into it, if it is empty.
//!
//! It is owed from the moment that a container has the volume, and paid before its creation is told. Who starts a container whose creator
//! was killed pays it.

use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;

use corten_runtime::{StoppedRoot, Visit};
use corten_snapshots::ContainerFiles;
use corten_state::Durability;
use corten_volumes::Sharing;
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;

use super::options::{Backing, backing};
use super::{Volume, no_such};
use crate::containers::config::VolumePoint;
use crate::containers::{Container, Inner};
use crate::error::EngineError;

/// A path of the image leads nowhere but into the image.
const WITHIN: ResolveFlags = ResolveFlags::IN_ROOT.union(ResolveFlags::NO_MAGICLINKS);

impl Inner {
    /// Pays what is owed to the volumes of a container whose root file system the caller holds.
    ///
    /// # Errors
    /// Something else than a directory at a volume's place; what cannot be copied. The volumes are as they were then.
    pub(crate) fn fill_volumes(&self, container: &Container) -> Result<(), EngineError> {
        let owed = self.store.read(|tx| tx.volumes_owed_copies(container.id.as_str()))?;
        let mut empty = Vec::new();
        for point in &container.config.host.volume_points {
            // Also for one that nothing is copied into: whoever fills it now may put another directory in its place.
            let is_empty = self.settle_volume(&point.name)?;
            if is_empty && point.copies && owed.contains(&point.name) {
                empty.push(point);
            }
        }
        if !empty.is_empty() {
            self.fill_from_image(container, &empty)?;
        }
        if !owed.is_empty() {
            self.store.write(Durability::Normal, |tx| tx.settle_copies(container.id.as_str()))?;
        }
        Ok(())
    }

    /// Waits for whoever fills a volume, ends what somebody began who was killed, and tells whether it is empty.
    fn settle_volume(&self, name: &str) -> Result<bool, EngineError> {
        let held = self.volume_directory(name)?.hold()?.ok_or_else(|| no_such(name))?;
        held.finish()?;
        match self.backing_of(name)? {
            Backing::Directory => Ok(held.is_empty()?),
            Backing::Bind { .. } => Ok(true),
            // What is in memory is gone with the container that it was copied for.
            Backing::Tmpfs { .. } => Ok(false),
        }
    }

    pub(crate) fn backing_of(&self, name: &str) -> Result<Backing, EngineError> {
        let Volume { options, .. } = self.volume(name)?;
        backing(options.as_ref())
    }

    fn fill_from_image(&self, container: &Container, points: &[&VolumePoint]) -> Result<(), EngineError> {
        let files = ContainerFiles::prepare(self.home.root(), &container.id)?;
        let image = StoppedRoot {
            lower: self.layer_paths(container)?,
            upper: files.upper(),
            work: files.work(),
            ..StoppedRoot::default()
        };
        let filled =
            Visit::Stopped(image).pay(|root| points.iter().try_for_each(|point| self.fill_one(root, point)));
        filled.map_err(EngineError::Visit)?
    }

    fn fill_one(&self, root: BorrowedFd<'_>, point: &VolumePoint) -> Result<(), EngineError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let content = match openat2(root, &point.target, flags, Mode::empty(), WITHIN) {
            Err(Errno::NOENT) => return Ok(()),
            Err(Errno::NOTDIR) => {
                let target = &point.target;
                return Err(EngineError::Invalid(match point.is_named {
                    true => format!("source {target} is not directory"),
                    false => format!("cannot mount volume over existing file, file exists {target}"),
                }));
            }
            opened => opened.map_err(|source| EngineError::System {
                operation: format!("open `{}` of the image", point.target),
                source: source.into(),
            })?,
        };
        let held = self.volume_directory(&point.name)?.hold()?.ok_or_else(|| no_such(&point.name))?;
        match self.backing_of(&point.name)? {
            Backing::Directory => {
                let users = self.store.read(|tx| tx.users_of_volume(&point.name))?;
                let sharing = if users.len() > 1 { Sharing::WithOthers } else { Sharing::Alone };
                held.fill(content.as_fd(), sharing)?;
            }
            Backing::Bind { device, read_only: false, .. } => {
                corten_volumes::fill_in_place(content.as_fd(), Path::new(&device))?;
            }
            Backing::Bind { .. } | Backing::Tmpfs { .. } => {}
        }
        Ok(())
    }
}
