//! The birth of a process: everything that can be settled before it, the clone, and what its starter then holds.
//!
//! What the process does with itself is `setup`'s.

use std::os::fd::{AsFd, OwnedFd};

use corten_cgroups::{Birth, Cgroup, JoinHandles, Layout};
use corten_spec::runtime::NamespaceKind;
use corten_sys::clone::{self, Child, Clone3};
use corten_sys::packet;
use rustix::thread::ThreadNameSpaceType;

use crate::StdioSource;
use crate::error::RuntimeError;
use crate::launch::{ExecLaunch, Launch};
use crate::message::Message;
use crate::namespace_visit::{self, Place};
use crate::plan::{ExecPlan, InitPlan};
use crate::setup;
use crate::starting::{Started, Starting};

/// What an OCI command line adds: the process outlives the one that starts it.
#[derive(Debug)]
pub struct Outliving {
    /// A FIFO, open for reading and writing: the program waits until a byte comes. [`Started`] is then given out before that.
    pub gate: Option<OwnedFd>,
    /// How many descriptors from 3 on the program inherits.
    pub preserved_descriptors: u32,
    /// Whether it gets a session keyring of its own.
    pub session_keyring: bool,
}

/// A running container, as far as one more process has to know it.
#[derive(Debug)]
pub struct Target<'a> {
    /// Its init, in the caller's pid namespace.
    pub pid: u32,
    /// Its init.
    pub pidfd: &'a OwnedFd,
    /// Its cgroup.
    pub cgroup: &'a Cgroup,
    /// Whether it has no mount namespace of its own, so that its root is not that of the namespace.
    pub shares_mounts: bool,
}

/// Makes the container's cgroup and its init process, and returns while that sets itself up.
///
/// Without `outliving` the container ends with the caller (`PR_SET_PDEATHSIG`).
///
/// # Errors
/// What cannot be done before there is a process; nothing is left then. The caller must have a single thread.
pub fn spawn_init(
    launch: &Launch,
    layout: &Layout,
    stdio: StdioSource,
    outliving: Option<Outliving>,
) -> Result<Starting, RuntimeError> {
    let plan = InitPlan::new(launch)?;
    let path = &launch.cgroup_path;
    let create = |cause| RuntimeError::CreateCgroup { path: path.clone(), cause };
    let birth = layout.begin(path, plan.resources()).map_err(create)?;
    let (child, ends) = clone_init(&plan, &birth, stdio, outliving.as_ref())?;
    let mut starting = starting(child, ends.here, birth.cgroup(), outliving);
    starting.hooks = plan.hooks().map(|(hooks, state)| (hooks.clone(), state.clone()));
    // While the process makes its network namespace, which takes as long. Should this fail, dropping `starting` ends it.
    birth.finish(plan.resources()).map_err(create)?;
    let is_prepared = match ends.there {
        Some(there) => setup::prepare_outside(&plan, &starting, &there)?,
        None => true,
    };
    if is_prepared {
        starting.allow_join()?;
    }
    Ok(starting)
}

/// The channel between a new process and its starter, as the starter has it. The process has no copy of this: each side finds that the
/// other has ended when the last descriptor of that one's end is gone.
struct Ends {
    here: OwnedFd,
    /// A second descriptor of the new process's, for who helps it from outside.
    there: Option<OwnedFd>,
}

fn clone_init(
    plan: &InitPlan<'_>,
    cgroup: &Birth,
    stdio: StdioSource,
    outliving: Option<&Outliving>,
) -> Result<(Child, Ends), RuntimeError> {
    let unified = cgroup.unified();
    let cgroup = cgroup.cgroup();
    let unified =
        unified.map_err(|cause| RuntimeError::OpenCgroup { path: cgroup.path().to_string(), cause })?;
    let (here, there) = packet::pair().map_err(RuntimeError::system("open a channel to the new process"))?;
    let kept = plan.is_helped().then(|| there.try_clone()).transpose();
    let kept = kept.map_err(RuntimeError::system("keep the channel to the new process"))?;
    if let Some(user) = &plan.user {
        setup::give_streams(&stdio, user.root()).map_err(|failure| RuntimeError::Prepare(failure.into()))?;
    }
    let arguments = Clone3 { namespaces: plan.namespaces.born_into(), cgroup: unified };
    let joined = plan.namespaces.joined_by_starter();
    let opened: Vec<_> = joined
        .map(|(kind, flag, path)| Ok((kind, flag, namespace_visit::open(path)?)))
        .collect::<Result<_, RuntimeError>>()?;
    let places: Vec<_> =
        opened.iter().map(|(kind, flag, of)| Place { kind: *kind, flag: *flag, of: of.as_fd() }).collect();
    let child = namespace_visit::during(&places, || {
        clone::spawn_without(arguments, Ends { here, there: kept }, || {
            setup::init(plan, &cgroup, there, stdio, outliving)
        })
    })?;
    child.map_err(RuntimeError::system("create the container's process"))
}

/// Starts one more process in a running container. It is the caller's child, whatever cgroup and namespaces the caller is in.
///
/// # Errors
/// What cannot be done before there is a process; nothing is left then. The caller must have a single thread.
pub fn spawn_exec(
    target: &Target<'_>,
    exec: &ExecLaunch,
    stdio: StdioSource,
    outliving: Option<Outliving>,
) -> Result<Starting, RuntimeError> {
    let plan = ExecPlan::new(exec)?;
    let path = || target.cgroup.path().to_string();
    let join = target.cgroup.join_handles();
    let JoinHandles { unified, tasks } =
        join.map_err(|cause| RuntimeError::OpenCgroup { path: path(), cause })?;
    let (here, there) = packet::pair().map_err(RuntimeError::system("open a channel to the new process"))?;
    let arguments = Clone3 { namespaces: ThreadNameSpaceType::empty(), cgroup: unified };
    let pid_namespace =
        Place { kind: NamespaceKind::Pid, flag: ThreadNameSpaceType::PROCESS_ID, of: target.pidfd.as_fd() };
    let child = namespace_visit::during(&[pid_namespace], || {
        clone::spawn_without(arguments, here, || {
            setup::exec(&plan, target, tasks, there, stdio, outliving.as_ref())
        })
    })?;
    let (child, here) = child.map_err(RuntimeError::system("create the new process"))?;
    let mut starting = starting(child, here, target.cgroup.clone(), outliving);
    starting.owns_cgroup = false;
    Ok(starting)
}

fn starting(child: Child, channel: OwnedFd, cgroup: Cgroup, outliving: Option<Outliving>) -> Starting {
    let gated = outliving.is_some_and(|outliving| outliving.gate.is_some());
    Starting {
        running: Some(Started { pid: child.pid, pidfd: child.pidfd, pty: None, cgroup }),
        channel,
        ends_when: if gated { Message::Prepared } else { Message::Executing },
        hooks: None,
        owns_cgroup: true,
        reached: false,
        network_due: false,
    }
}
