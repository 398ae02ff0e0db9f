//! The birth of a process: everything that can be settled before it, the clone, and what its starter then holds.
//!
//! What the process does with itself is `setup`'s.

use std::os::fd::{AsFd, OwnedFd};

use corten_cgroups::{Birth, Cgroup, JoinHandles, Layout};
use corten_spec::runtime::{Hooks, NamespaceKind, State};
use corten_sys::clone::{self, Child, Clone3};
use corten_sys::packet;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::thread::{
    LinkNameSpaceType, ThreadNameSpaceType, move_into_link_name_space, move_into_thread_name_spaces,
};

use crate::StdioSource;
use crate::error::RuntimeError;
use crate::launch::{ExecLaunch, Launch};
use crate::message::Message;
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
    /// What hooks read; the pid is filled in.
    pub state: State,
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
}

/// Makes the container's cgroup and its init process, and returns while that sets itself up.
///
/// Without `outliving` the container ends with the caller (`PR_SET_PDEATHSIG`), and hooks are refused.
///
/// # Errors
/// What cannot be done before there is a process; nothing is left then. The caller must have a single thread.
pub fn spawn_init(
    launch: &Launch,
    stdio: StdioSource,
    outliving: Option<Outliving>,
) -> Result<Starting, RuntimeError> {
    let plan = InitPlan::new(launch, outliving.is_some())?;
    let path = &launch.cgroup_path;
    let open = |cause| RuntimeError::OpenCgroup { path: path.clone(), cause };
    let create = |cause| RuntimeError::CreateCgroup { path: path.clone(), cause };
    let layout = Layout::detect().map_err(open)?;
    let birth = layout.begin(path, plan.resources()).map_err(create)?;
    let (child, channel) = clone_init(&plan, &birth, stdio, outliving.as_ref())?;
    let starting = starting(child, channel, birth.cgroup(), outliving, plan.hooks());
    // While the process makes its network namespace, which takes as long. Should this fail, dropping `starting` ends it.
    birth.finish(plan.resources()).map_err(create)?;
    starting.allow_join();
    Ok(starting)
}

fn clone_init(
    plan: &InitPlan<'_>,
    cgroup: &Birth,
    stdio: StdioSource,
    outliving: Option<&Outliving>,
) -> Result<(Child, OwnedFd), RuntimeError> {
    let unified = cgroup.unified();
    let cgroup = cgroup.cgroup();
    let unified =
        unified.map_err(|cause| RuntimeError::OpenCgroup { path: cgroup.path().to_string(), cause })?;
    let (here, there) = packet::pair().map_err(RuntimeError::system("open a channel to the new process"))?;
    let arguments =
        Clone3 { namespaces: plan.namespaces.born_into(), cgroup: unified.as_ref().map(AsFd::as_fd) };
    let birth = || clone::spawn(&arguments, || setup::init(plan, &cgroup, there, stdio, outliving));
    let child = match plan.namespaces.joined(NamespaceKind::Pid) {
        None => birth(),
        Some(path) => {
            let theirs = open_namespace(path)?;
            in_pid_namespace(
                || move_into_link_name_space(theirs.as_fd(), Some(LinkNameSpaceType::ProcessID)),
                birth,
            )?
        }
    };
    Ok((child.map_err(RuntimeError::system("create the container's process"))?, here))
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
    let arguments =
        Clone3 { namespaces: ThreadNameSpaceType::empty(), cgroup: unified.as_ref().map(AsFd::as_fd) };
    let child = in_pid_namespace(
        || move_into_thread_name_spaces(target.pidfd.as_fd(), ThreadNameSpaceType::PROCESS_ID),
        || clone::spawn(&arguments, || setup::exec(&plan, target, tasks, there, stdio, outliving.as_ref())),
    )?;
    let child = child.map_err(RuntimeError::system("create the new process"))?;
    let mut starting = starting(child, here, target.cgroup.clone(), outliving, None);
    starting.owns_cgroup = false;
    Ok(starting)
}

fn open_namespace(path: &str) -> Result<OwnedFd, RuntimeError> {
    openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .map_err(RuntimeError::system(format!("open namespace `{path}`")))
}

/// Runs `birth` while children of this process are born into another pid namespace, which setns(2) cannot do for the
/// child itself; afterwards they are born into our own again.
fn in_pid_namespace<T>(
    enter: impl FnOnce() -> rustix::io::Result<()>,
    birth: impl FnOnce() -> T,
) -> Result<T, RuntimeError> {
    let ours = open_namespace("/proc/self/ns/pid")?;
    enter().map_err(RuntimeError::system("join the container's pid namespace"))?;
    let born = birth();
    move_into_link_name_space(ours.as_fd(), Some(LinkNameSpaceType::ProcessID))
        .map_err(RuntimeError::system("return to the own pid namespace"))?;
    Ok(born)
}

fn starting(
    child: Child,
    channel: OwnedFd,
    cgroup: Cgroup,
    outliving: Option<Outliving>,
    hooks: Option<&Hooks>,
) -> Starting {
    let gated = outliving.as_ref().is_some_and(|outliving| outliving.gate.is_some());
    Starting {
        running: Some(Started { pid: child.pid, pidfd: child.pidfd, pty: None, cgroup }),
        channel,
        ends_when: if gated { Message::Prepared } else { Message::Executing },
        hooks: hooks.cloned().zip(outliving.map(|outliving| outliving.state)),
        owns_cgroup: true,
        reached: false,
    }
}
