//! Visits to the files of a container from outside, by a thread of the caller's that ends with the visit: it has rights and mounts that no
//! other thread has, and whatever ends the process ends them, too.
//!
//! Where in the container somebody looks, and how far links lead, is the visitor's affair: the root is only to be used with openat2(2).

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::thread;

use corten_sys::mount_attributes::{Change, Propagation};
use rustix::fs::FileType;
use rustix::mount::MountAttrFlags;
use rustix::thread::ThreadNameSpaceType;

use super::beneath::{self, Missing};
use super::overlay::{self, Layers};
use super::{file_system, outside, root};
use crate::RuntimeError;
use crate::failure::{Doing, Failure};

/// The files of a container, as they can be had now.
#[derive(Debug)]
pub enum Visit {
    /// Of one that runs.
    Running {
        /// Its root.
        root: OwnedFd,
        /// The user and group that its root is outside, where it has a user namespace: only they have ids on its file systems.
        owner: Option<(u32, u32)>,
    },
    /// Of one that does not, and that nobody starts meanwhile.
    Stopped(StoppedRoot),
}

/// The root file system of a container that does not run, and what of the host is mounted in it when it does.
#[derive(Debug, Clone, Default)]
pub struct StoppedRoot {
    /// Layers, topmost first.
    pub lower: Vec<PathBuf>,
    /// Its own changes.
    pub upper: PathBuf,
    /// For the kernel.
    pub work: PathBuf,
    /// Nothing in it is to be changed, but for what is mounted.
    pub read_only: bool,
    /// Parents before children. A target that is missing is made, as for a start.
    pub binds: Vec<StoppedBind>,
    /// Files that a start would make where there is nothing; made as far as can be.
    pub files: Vec<PathBuf>,
}

/// Something of the host's in a container that does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedBind {
    /// On the host.
    pub source: PathBuf,
    /// Only what is beneath it at this path, which no link leads out of; `None` = all of it.
    pub beneath: Option<PathBuf>,
    /// Inside.
    pub target: PathBuf,
    /// With what is mounted below the source.
    pub recursive: bool,
    /// As the container would have it.
    pub read_only: bool,
}

impl Visit {
    /// Does something with the container's root.
    ///
    /// # Errors
    /// [`RuntimeError::Visit`] where the root cannot be had.
    ///
    /// # Panics
    /// When `work` does.
    pub fn pay<T: Send>(self, work: impl FnOnce(BorrowedFd<'_>) -> T + Send) -> Result<T, RuntimeError> {
        thread::scope(|scope| {
            let visitor = scope.spawn(|| self.enter().map(|root| work(root.as_fd())));
            visitor.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
        .map_err(|failure| RuntimeError::Visit(failure.into()))
    }

    fn enter(self) -> Result<OwnedFd, Failure> {
        match self {
            Self::Running { root, owner } => {
                owner.map_or(Ok(()), outside::take_ids)?;
                Ok(root)
            }
            Self::Stopped(stopped) => stopped.mount(),
        }
    }
}

impl StoppedRoot {
    /// Mounts it in a namespace that this thread alone is in, and that is gone with it.
    fn mount(&self) -> Result<OwnedFd, Failure> {
        corten_sys::namespaces::unshare(ThreadNameSpaceType::MOUNT)
            .doing(|| "leave the host's mounts".into())?;
        let apart = Change { propagation: Some(Propagation::Slave), recursive: true, ..Change::NONE };
        file_system::change(root::open_host("/")?, &apart).doing(|| "part from the host's mounts".into())?;
        let root = self.overlay()?;
        // Before anything of the host's is mounted: they belong to the container.
        for file in &self.files {
            // Where an image's own files are in the way, a start says so; whoever visits wants to see those.
            let _ = beneath::open_or_create(&root, file, Missing::File);
        }
        for bind in &self.binds {
            bind.mount(&root)?;
        }
        if self.read_only {
            file_system::change(&root, &READ_ONLY).doing(|| "make the root read-only".into())?;
        }
        Ok(root)
    }

    fn overlay(&self) -> Result<OwnedFd, Failure> {
        let layers = Layers { lower: &self.lower, upper: &self.upper, work: &self.work };
        match overlay::make(&layers)? {
            Some(root) => {
                // Over `/`, which this thread's own paths do not pass: mounts have to be attached to be mounted on before Linux 6.15.
                file_system::attach(&root, root::open_host("/")?).doing(|| "mount the root".into())?;
                Ok(root)
            }
            None => overlay::mount_in_place(&layers),
        }
    }
}

const READ_ONLY: Change = Change { set: MountAttrFlags::MOUNT_ATTR_RDONLY, ..Change::NONE };

impl StoppedBind {
    fn mount(&self, root: &OwnedFd) -> Result<(), Failure> {
        let copied = match &self.beneath {
            Some(path) => beneath::copy_of_host(&self.source, path, self.recursive),
            None => file_system::copy_of_host(&self.source, self.recursive),
        };
        let source = copied.doing(|| format!("open `{}`", self.source.display()))?;
        let of = beneath::file_type(&source).doing(|| format!("look at `{}`", self.source.display()))?;
        let missing = if of == FileType::Directory { Missing::Directory } else { Missing::File };
        let target = beneath::open_or_create(root, &self.target, missing)
            .doing(|| format!("open `{}`", self.target.display()))?;
        file_system::attach(&source, &target).doing(|| format!("mount `{}`", self.target.display()))?;
        if self.read_only {
            let change = Change { recursive: self.recursive, ..READ_ONLY };
            file_system::change(&source, &change)
                .doing(|| format!("make `{}` read-only", self.target.display()))?;
        }
        Ok(())
    }
}
