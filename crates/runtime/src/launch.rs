//! What the start of one container, or of one more process in it, is told: plain data that crosses a process boundary as JSON.
//!
//! Nothing here looks at the system; paths are the host's unless a comment says otherwise.

use std::path::{Path, PathBuf};

use corten_spec::runtime::{Process, Spec, State, Status};
use serde::{Deserialize, Serialize};

use crate::RuntimeError;
use crate::plan::InitPlan;

/// Everything that the init process of a container needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Launch {
    /// The container's id; names it in errors.
    pub id: String,
    /// The OCI configuration. `root.path` and `linux.seccomp` give way to [`Launch::root`] and [`Launch::seccomp`].
    pub spec: Spec,
    /// Where the root file system comes from.
    pub root: RootSource,
    /// Whose process it is.
    pub user: UserSource,
    /// The container's own cgroup, absolute within every hierarchy (`/corten-1a2b/<id>`).
    pub cgroup_path: String,
    /// Which system calls are filtered.
    pub seccomp: SeccompSource,
    /// Whether this binary is PID 1 and the configured process its child (`--init`).
    pub init: bool,
    /// Processes that the configuration names by number, in paths of namespaces and mounts. Each is made sure of after the last of
    /// those was opened: a number that means another process by then ends the start.
    pub joined: Vec<JoinedProcess>,
    /// Whether somebody connects its own network namespace before its program runs: the starter hears of it and says when to go on
    /// ([`crate::Starting::await_network`]).
    pub awaits_network: bool,
    /// Where hooks find the configuration and the root; for a configuration without hooks, `None`.
    pub bundle: Option<PathBuf>,
}

/// What tells a process from a later one with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedProcess {
    /// In the caller's pid namespace.
    pub pid: u32,
    /// In clock ticks since boot (proc_pid_stat(5)).
    pub start_time: u64,
}

impl Launch {
    /// Whether this runtime can do all that is asked for. It looks at nothing but this, and the compiled seccomp program; what the
    /// kernel or the root file system refuse shows when the container starts.
    ///
    /// # Errors
    /// [`RuntimeError::Invalid`] and [`RuntimeError::Unsupported`] for the first thing that makes no sense or is not supported.
    pub fn check(&self) -> Result<(), RuntimeError> {
        InitPlan::new(self).map(drop)
    }

    /// Where hooks expect the root of a container that is none of a directory: `rootfs` in its bundle.
    #[must_use]
    pub fn place_of_root(bundle: &Path) -> PathBuf {
        bundle.join("rootfs")
    }

    /// What hooks read while the container is being made; the pid is theirs to fill in who runs them.
    pub(crate) fn hook_state(&self) -> Option<State> {
        let bundle = self.bundle.as_ref()?;
        Some(State {
            oci_version: self.spec.oci_version.clone(),
            id: self.id.clone(),
            status: Status::Creating,
            pid: None,
            bundle: bundle.display().to_string(),
            annotations: self.spec.annotations.clone(),
        })
    }
}

/// A root file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RootSource {
    /// A directory that exists; it is bind-mounted (an OCI bundle's `root.path`).
    Directory(PathBuf),
    /// Layers under a writable directory, mounted as a detached overlay.
    Overlay {
        /// Unpacked layers, topmost first.
        lower: Vec<PathBuf>,
        /// What the container changes.
        upper: PathBuf,
        /// Overlay's scratch directory, on the file system of `upper`.
        work: PathBuf,
    },
}

/// Where the numbers of the user come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserSource {
    /// `process.user` of the OCI configuration, as it stands.
    Spec,
    /// Docker's `user[:group]`, looked up in the container's own `/etc/passwd` and `/etc/group`, opened beneath its root.
    /// Sets `HOME` where the environment has none.
    Image {
        /// `""` is root.
        user: String,
        /// `--group-add`: names or numbers.
        additional_groups: Vec<String>,
    },
}

/// Where the seccomp filter comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeccompSource {
    /// No filter.
    Unconfined,
    /// `linux.seccomp` of the OCI configuration is compiled (or nothing is loaded where it has none).
    Spec,
    /// A compiled program, as `corten_seccomp::Program::to_bytes` writes it.
    Program(PathBuf),
}

/// One more process in a running container.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExecLaunch {
    /// The session's id; names it in errors.
    pub id: String,
    /// Arguments, environment, directory, capabilities, limits.
    pub process: Process,
    /// Whose process it is.
    pub user: UserSource,
    /// Which system calls are filtered.
    pub seccomp: SeccompSource,
}
