//! One container as it is now: its record, and what the kernel says of its process and cgroup.
//!
//! It changes nothing.

use std::path::Path;

use corten_cgroups::{Cgroup, Layout};
use corten_spec::runtime::{OCI_VERSION, State, Status};
use corten_sys::{pidfd, process};
use std::os::fd::OwnedFd;

use super::error::CommandError;
use super::record::{Record, StateDirectory};

/// A container and its state directory, which stays locked.
pub(super) struct Container {
    pub(super) directory: StateDirectory,
    pub(super) record: Record,
    pub(super) cgroup: Cgroup,
}

impl Container {
    /// # Errors
    /// There is none of that id.
    pub(super) fn open(root: &Path, id: &str) -> Result<Self, CommandError> {
        let directory = StateDirectory::open(root, id)?;
        let record = directory.read()?;
        let cgroup = cgroup(&record.cgroup_path)?;
        Ok(Self { directory, record, cgroup })
    }

    /// The container that this process has started; `None` if somebody has deleted it, and perhaps used its id again.
    ///
    /// # Errors
    /// As [`Container::open`].
    pub(super) fn reopen(root: &Path, record: Record, cgroup: Cgroup) -> Result<Option<Self>, CommandError> {
        let opened = StateDirectory::open(root, &record.id);
        match opened.and_then(|directory| Ok((directory.read()?, directory))) {
            Err(CommandError::NotFound) => Ok(None),
            Err(error) => Err(error),
            Ok((now, directory)) => {
                let same = (now.pid, now.start_time) == (record.pid, record.start_time);
                Ok(same.then_some(Self { directory, record, cgroup }))
            }
        }
    }

    /// Its init, unless that has ended.
    pub(super) fn init(&self) -> Option<OwnedFd> {
        let pidfd = pidfd::open(self.record.pid).ok()?;
        // Opened first: should the number have been reused, the time tells.
        is_alive(&self.record).then_some(pidfd)
    }

    /// # Errors
    /// What looking at the freezer says.
    pub(super) fn status(&self) -> Result<Status, CommandError> {
        if !is_alive(&self.record) {
            return Ok(Status::Stopped);
        }
        if self.directory.gate().exists() {
            return Ok(Status::Created);
        }
        let frozen = self.cgroup.is_frozen().map_err(CommandError::cgroup("read the state of the cgroup"))?;
        Ok(if frozen { Status::Paused } else { Status::Running })
    }

    /// What `state` prints and hooks read.
    ///
    /// # Errors
    /// As [`Container::status`].
    pub(super) fn state(&self) -> Result<State, CommandError> {
        Ok(state_of(&self.record, self.status()?))
    }
}

/// The state of a record, with a status that is known otherwise.
pub(super) fn state_of(record: &Record, status: Status) -> State {
    let pid = if status == Status::Stopped { 0 } else { record.pid };
    State {
        oci_version: OCI_VERSION.to_owned(),
        id: record.id.clone(),
        status,
        // Callers written in Go read an absent pid as this anyway; runc prints it.
        pid: Some(pid),
        bundle: record.bundle.display().to_string(),
        annotations: record.spec.annotations.clone(),
    }
}

fn is_alive(record: &Record) -> bool {
    let now = process::status(record.pid);
    now.is_ok_and(|now| !now.ended && now.start_time == record.start_time)
}

/// # Errors
/// No hierarchy is mounted, or the path is none.
pub(super) fn cgroup(path: &str) -> Result<Cgroup, CommandError> {
    let opened = Layout::detect().and_then(|layout| layout.open(path));
    opened.map_err(CommandError::cgroup(format!("open cgroup `{path}`")))
}
