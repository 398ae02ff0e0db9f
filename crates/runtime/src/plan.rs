//! What a configuration means for this runtime: checked, translated into the kernel's words, refused where it cannot be done.
//!
//! It reads nothing but a compiled seccomp program, and changes nothing.

mod capabilities;
mod filter;
mod limits;
pub(crate) mod mount_options;
mod mounts;
mod namespaces;
mod process;
mod support;
mod sysctl;
mod user_namespace;

use std::path::Path;

use corten_spec::runtime::{
    Device, Hooks, Linux, NamespaceKind, Process, Resources, RootfsPropagation, Spec, State,
};

pub(crate) use capabilities::CapabilityPlan;
pub(crate) use filter::Filter;
pub(crate) use limits::Limit;
pub(crate) use mount_options::known as known_mount_options;
pub use mounts::BENEATH;
pub(crate) use mounts::{MountKind, MountPlan};
pub(crate) use namespaces::Namespaces;
pub(crate) use process::ProcessPlan;
pub(crate) use sysctl::Sysctl;
pub(crate) use user_namespace::{MountIds, UserNamespace};

use crate::error::RuntimeError;
use crate::launch::{ExecLaunch, JoinedProcess, Launch, RootSource};

/// A container's init, ready to be born.
pub(crate) struct InitPlan<'a> {
    pub(crate) process: ProcessPlan<'a>,
    pub(crate) namespaces: Namespaces,
    /// Of its own; the root of the container is not the host's then.
    pub(crate) user: Option<UserNamespace>,
    pub(crate) root: &'a RootSource,
    pub(crate) read_only_root: bool,
    pub(crate) mounts: Vec<MountPlan>,
    pub(crate) sysctls: Vec<Sysctl>,
    pub(crate) linux: &'a Linux,
    pub(crate) hostname: &'a str,
    pub(crate) domainname: &'a str,
    /// Whether this binary is PID 1 and the program its child.
    pub(crate) reaping_init: bool,
    pub(crate) joined: &'a [JoinedProcess],
    pub(crate) awaits_network: bool,
    hooks: Option<(&'a Hooks, State)>,
    /// Where the root is mounted for hooks.
    pub(crate) bundle: Option<&'a Path>,
    resources: Resources,
}

/// One more process, ready to be born.
pub(crate) struct ExecPlan<'a> {
    pub(crate) process: ProcessPlan<'a>,
}

impl<'a> InitPlan<'a> {
    /// # Errors
    /// What the configuration asks for and cannot have.
    pub(crate) fn new(launch: &'a Launch) -> Result<Self, RuntimeError> {
        let spec = &launch.spec;
        let linux = spec.linux.as_ref().ok_or_else(|| RuntimeError::invalid("it has no `linux` section"))?;
        let hooks = spec.hooks.as_ref().filter(|hooks| !is_empty(hooks));
        let hooks = match (hooks, launch.hook_state()) {
            (Some(_), None) => return Err(RuntimeError::unsupported("hooks without a bundle")),
            (hooks, state) => hooks.zip(state),
        };
        support::check(linux)?;
        let namespaces = Namespaces::new(&linux.namespaces)?;
        let named = !spec.hostname.is_empty() || !spec.domainname.is_empty();
        if named && !namespaces.is_private(NamespaceKind::Uts) {
            return Err(RuntimeError::invalid("a hostname or domainname needs a `uts` namespace"));
        }
        let user = UserNamespace::plan(linux, &namespaces)?;
        let mount = |mount| MountPlan::new(mount, user.is_some());
        Ok(Self {
            process: ProcessPlan::new(&launch.id, process_of(spec)?, &launch.user, &launch.seccomp, linux)?,
            root: &launch.root,
            read_only_root: spec.root.as_ref().is_some_and(|root| root.readonly),
            mounts: spec.mounts.iter().map(mount).collect::<Result<_, _>>()?,
            sysctls: sysctl::plan(&linux.sysctl, &namespaces)?,
            namespaces,
            user,
            linux,
            hostname: &spec.hostname,
            domainname: &spec.domainname,
            reaping_init: launch.init,
            joined: &launch.joined,
            awaits_network: launch.awaits_network,
            bundle: launch.bundle.as_deref(),
            hooks,
            resources: linux.resources.clone().unwrap_or_default(),
        })
    }

    /// Whether a process outside has to prepare what this one has no right to, being root of its own user namespace only.
    pub(crate) fn is_helped(&self) -> bool {
        self.user.is_some() || self.mounts.iter().any(|mount| mount.ids.is_some())
    }

    /// And what they read.
    pub(crate) fn hooks(&self) -> Option<(&'a Hooks, &State)> {
        self.hooks.as_ref().map(|(hooks, state)| (*hooks, state))
    }

    pub(crate) fn resources(&self) -> &Resources {
        &self.resources
    }

    pub(crate) fn devices(&self) -> &[Device] {
        &self.linux.devices
    }

    /// How mount events travel into and out of the container; Docker's and runc's default is inwards only.
    pub(crate) fn root_propagation(&self) -> RootfsPropagation {
        self.linux.rootfs_propagation.unwrap_or(RootfsPropagation::RSlave)
    }
}

impl<'a> ExecPlan<'a> {
    /// # Errors
    /// What the document asks for and cannot have.
    pub(crate) fn new(exec: &'a ExecLaunch) -> Result<Self, RuntimeError> {
        if exec.process.exec_cpu_affinity.is_some() {
            return Err(RuntimeError::unsupported("process.execCPUAffinity"));
        }
        let process =
            ProcessPlan::new(&exec.id, &exec.process, &exec.user, &exec.seccomp, &Linux::default())?;
        Ok(Self { process })
    }
}

fn process_of(spec: &Spec) -> Result<&Process, RuntimeError> {
    spec.process.as_ref().ok_or_else(|| RuntimeError::invalid("it has no `process`"))
}

fn is_empty(hooks: &Hooks) -> bool {
    *hooks == Hooks::default()
}
