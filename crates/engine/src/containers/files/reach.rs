//! Decides how a container's files are reached, and keeps it so until the work is done.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use corten_journal::FileLock;
use corten_runtime::{StoppedRoot, Visit};
use corten_snapshots::{ContainerFiles, Visitor};
use corten_sys::pidfd;
use rustix::fs::{CWD, Mode, OFlags, openat, openat2};
use rustix::io::Errno;

use super::WITHIN;
use super::owners::ContainerOwners;
use crate::containers::launch_plan::stopped_binds;
use crate::containers::observe::open_init;
use crate::containers::prepare::prepare_bind_sources;
use crate::containers::record::Container;
use crate::containers::{Inner, Reservation};
use crate::error::EngineError;

/// How long somebody else may take to start, end, copy to or from, or remove the container.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a monitor takes, at a guess, to say that its container has ended.
const PAUSE: Duration = Duration::from_millis(2);

/// The engine's files in every container, by their names in the run directory.
pub(super) const RUN_FILES: [(&str, &str); 3] =
    [("hostname", "/etc/hostname"), ("hosts", "/etc/hosts"), ("resolv.conf", "/etc/resolv.conf")];

/// A container's files, for as long as the work takes.
pub(super) struct Files<'a> {
    pub(super) root: BorrowedFd<'a>,
    pub(super) owners: ContainerOwners,
    /// How its user calls the container.
    pub(super) reference: &'a str,
}

/// What keeps the container as it is.
enum Hold {
    /// Nobody starts or removes it.
    Stopped(#[expect(dead_code, reason = "held for its lock")] FileLock),
    /// Nobody mounts its files anew, should it end.
    Running(#[expect(dead_code, reason = "held for its lock")] Visitor),
}

impl Inner {
    /// Does something with the files of a container.
    ///
    /// # Errors
    /// Not found; a conflict while it is being removed; what the work returns.
    pub(super) fn with_files<T: Send>(
        &self,
        reference: &str,
        work: impl FnOnce(&Container, &Files<'_>) -> Result<T, EngineError> + Send,
    ) -> Result<T, EngineError> {
        let container = self.find(reference)?;
        let (visit, hold, container) = self.reach(&container, Instant::now() + PATIENCE)?;
        let runs = matches!(hold, Hold::Running(_));
        let done = visit.pay(|root| {
            let owners = ContainerOwners::new(&container, runs, root);
            work(&container, &Files { root, owners, reference })
        });
        drop(hold);
        // Volumes in memory were mounted for the visit, if nobody else has them.
        self.settle_mounted_volumes()?;
        done.map_err(EngineError::Visit)?
    }

    fn reach(&self, found: &Container, deadline: Instant) -> Result<(Visit, Hold, Container), EngineError> {
        loop {
            self.refuse_removed(found, "copy to or from")?;
            let left = deadline.saturating_duration_since(Instant::now());
            match self.reserve(&found.id, left)? {
                Reservation::Granted(lock, container) => {
                    self.refuse_removed(&container, "copy to or from")?;
                    self.await_visitors(&container, left)?;
                    let visit = Visit::Stopped(self.stopped_root(&container)?);
                    return Ok((visit, Hold::Stopped(lock), *container));
                }
                Reservation::Running(container) => {
                    let visitor = ContainerFiles::of(self.home.root(), &container.id).visitor()?;
                    if let Some(root) = running_root(&container)? {
                        let owner = container.config.host.ids.as_ref().map(super::owners::outer_root);
                        return Ok((Visit::Running { root, owner }, Hold::Running(visitor), *container));
                    }
                }
            }
            // It has ended this very moment, and its monitor has not said so yet.
            thread::sleep(PAUSE);
        }
    }

    fn stopped_root(&self, container: &Container) -> Result<StoppedRoot, EngineError> {
        let (run_files, missing): (Vec<_>, Vec<_>) =
            self.run_files(container).into_iter().partition(|(path, _)| path.exists());
        let files = ContainerFiles::prepare(self.home.root(), &container.id)?;
        prepare_bind_sources(&container.config.host)?;
        Ok(StoppedRoot {
            lower: self.layer_paths(container)?,
            upper: files.upper(),
            work: files.work(),
            read_only: container.config.host.read_only,
            binds: stopped_binds(&container.config, &self.volume_sources(container)?, &run_files)?,
            // Docker's containers have them from the beginning.
            files: missing.into_iter().map(|(_, target)| target.into()).collect(),
        })
    }

    /// What is mounted over `/etc/hosts` and its neighbours, where there was a start in this boot.
    fn run_files(&self, container: &Container) -> Vec<(PathBuf, &'static str)> {
        let directory = self.home.run_directory(&container.id);
        RUN_FILES.into_iter().map(|(name, target)| (directory.join(name), target)).collect()
    }
}

/// The root of the container's first process; `None` when that has ended.
///
/// The descriptor is opened anew for each piece of work: it keeps the file system mounted.
fn running_root(container: &Container) -> Result<Option<OwnedFd>, EngineError> {
    let Some(init) = &container.state.init else { return Ok(None) };
    let Some(process) = open_init(init, container.id.as_str())? else { return Ok(None) };
    let path = format!("/proc/{}/root", init.pid);
    let system = |source: std::io::Error| EngineError::System { operation: format!("open `{path}`"), source };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = match openat(CWD, &path, flags, Mode::empty()) {
        Err(Errno::NOENT | Errno::SRCH) => return Ok(None),
        opened => opened.map_err(|error| system(error.into()))?,
    };
    // Its number may have been given to another process before the root was opened, but not while it still lives after that.
    let has_ended = pidfd::ends_within(&process, Duration::ZERO).map_err(system)?;
    Ok((!has_ended).then_some(root))
}

impl Files<'_> {
    /// Opens a path of the container.
    pub(super) fn open(&self, path: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
        open_in(self.root, path, flags)
    }

    /// Why a path cannot be had, in Docker's words.
    pub(super) fn failed(&self, verb: &'static str, path: &str, error: Errno) -> EngineError {
        match error {
            Errno::NOENT => EngineError::NotFound(format!(
                "Could not find the file {path} in container {}",
                self.reference
            )),
            error => {
                EngineError::ContainerPath { verb, path: Path::new(path).to_owned(), source: error.into() }
            }
        }
    }
}

/// Opens a path of a container, given its root.
pub(super) fn open_in(root: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
    loop {
        match openat2(root, path, flags | OFlags::CLOEXEC, Mode::empty(), WITHIN) {
            // Something was renamed meanwhile, and the kernel could not tell whether this leads out (openat2(2)).
            Err(Errno::AGAIN | Errno::INTR) => {}
            opened => return opened,
        }
    }
}
