//! What is done outside for a new process that is root of its own user namespace only, and has no right to it: by one more process,
//! with a mount namespace of its own, so that nothing changes for the host. It ends before the new process goes on.
//!
//! What it makes it hands over as descriptors; they are mounted by the new process.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use corten_cgroups::Cgroup;
use corten_sys::clone::{self, Clone3};
use corten_sys::{mount_attributes, packet, pidfd};
use rustix::fs::{Gid, Mode, Uid};
use rustix::io::Errno;
use rustix::process::{Pid, getrlimit, prlimit, umask};
use rustix::thread::{
    CapabilitySets, ThreadNameSpaceType, capabilities, set_capabilities, set_thread_res_gid,
    set_thread_res_uid,
};
use serde::{Deserialize, Serialize};

use super::beneath::Missing;
use super::{Done, Init, Steps, cgroup_mounts, detached, devices, root, run};
use crate::error::RuntimeError;
use crate::failure::{Doing, Failure};
use crate::message::{self, JOIN, Message};
use crate::plan::{InitPlan, ProcessPlan, UserNamespace};
use crate::starting::Starting;
use crate::user_namespace;

/// The longest name of what is handed over, in bytes: of a v1 hierarchy with all its controllers.
const LARGEST: usize = 1024;

/// What a descriptor is that is handed over.
#[derive(Debug, Serialize, Deserialize)]
enum Handed {
    /// One v1 `tasks` file.
    Tasks,
    /// The container's directory in one v1 hierarchy.
    View { name: String },
    /// A mount of the plan, by its place there.
    Mount { position: usize, target: Missing },
    /// The root.
    Root,
}

/// The process outside.
struct Outside<'a> {
    plan: &'a InitPlan<'a>,
    cgroup: &'a Cgroup,
    /// The new process.
    pid: u32,
    /// To it.
    channel: &'a OwnedFd,
    /// Its user namespace, where that is its own.
    ids: Option<OwnedFd>,
}

const OUTSIDE: Steps<fn(&mut Outside<'_>) -> Done> = &[
    // Before a mount can be shown by them.
    ("map the ids", map_ids),
    ("hand the cgroup over", hand_cgroup),
    // These two need rights on the host, which no root of another user namespace has.
    ("adjust the OOM score", adjust_oom_score),
    ("raise the ceilings of limits", |outside| raise_ceilings(outside.pid, &outside.plan.process)),
    // While this is still a peer of the host's mounts.
    ("open what is bind-mounted", hand_sources),
    ("part from the host's mounts", |outside| root::part_from_host(outside.plan)),
    ("make the root", hand_root),
    ("make devices", hand_devices),
];

/// Runs all of it, and waits; says whether all went well. `there` is the new process's end of the channel: a failure is told as if by
/// that.
pub(crate) fn prepare(
    plan: &InitPlan<'_>,
    starting: &Starting,
    there: &OwnedFd,
) -> Result<bool, RuntimeError> {
    let Some(started) = &starting.running else { return Ok(false) };
    let mut outside =
        Outside { plan, cgroup: &started.cgroup, pid: started.pid, channel: &starting.channel, ids: None };
    let arguments = Clone3 { namespaces: ThreadNameSpaceType::MOUNT, cgroup: None };
    let child = clone::spawn(arguments, || outside.run(there));
    let child = child.map_err(RuntimeError::system("create the process that prepares mounts"))?;
    match pidfd::wait(&child.pidfd)
        .map_err(RuntimeError::system("wait for the process that prepares mounts"))?
    {
        pidfd::Exit::Code(code) => Ok(code == 0),
        pidfd::Exit::Signal(signal) => {
            let cause = io::Error::other(format!("it was killed by signal {signal}"));
            Err(RuntimeError::system("prepare mounts")(cause))
        }
    }
}

/// Takes what is handed over until the starter says that the cgroup is there.
pub(super) fn receive(init: &mut Init<'_>) -> Done {
    loop {
        let Some(channel) = &init.common.channel else { return Ok(()) };
        let mut buffer = [0; LARGEST];
        let packet = packet::receive(channel, &mut buffer).doing(|| "wait for the starter".into())?;
        match &buffer[..packet.length] {
            [] => return Err(Failure::refused("the starter has ended")),
            JOIN => return Ok(()),
            word => {
                let handed = serde_json::from_slice(word).map_err(io::Error::from);
                let handed = handed.doing(|| "understand the starter".into())?;
                let descriptor = packet.descriptors.into_iter().next();
                take(init, handed, descriptor.ok_or_else(|| Failure::refused("nothing was handed over"))?);
            }
        }
    }
}

fn take(init: &mut Init<'_>, handed: Handed, descriptor: OwnedFd) {
    match handed {
        Handed::Tasks => init.common.tasks.push(descriptor),
        Handed::View { name } => init.cgroup_views.push(cgroup_mounts::View { name, copy: descriptor }),
        Handed::Mount { position, target } => {
            init.mounts.resize_with(init.plan.mounts.len(), || None);
            if let Some(place) = init.mounts.get_mut(position) {
                *place = Some(detached::Detached { mount: descriptor, target });
            }
        }
        Handed::Root => init.root = Some(descriptor),
    }
}

impl Outside<'_> {
    fn run(&mut self, there: &OwnedFd) -> i32 {
        // Modes are given in full.
        umask(Mode::empty());
        let Err(failure) = run(OUTSIDE, self) else { return 0 };
        // A starter that is gone cannot be told.
        let _ = message::tell(there, &Message::Failed(failure), None);
        1
    }

    fn hand(&self, what: &Handed, descriptor: impl AsFd) -> Done {
        let bytes = serde_json::to_vec(what).map_err(io::Error::from);
        bytes
            .and_then(|bytes| packet::send(self.channel, &bytes, &[descriptor.as_fd()]))
            .doing(|| format!("hand over {what:?}"))
    }

    /// The namespace by whose ids a mount is shown.
    fn ids_of(&self, own: Option<&UserNamespace>) -> Result<OwnedFd, Failure> {
        match (own, &self.ids) {
            (Some(map), _) => user_namespace::make(map),
            (None, Some(ids)) => ids.try_clone().doing(|| "keep the user namespace".into()),
            (None, None) => Err(Failure::refused("the container has no user namespace of its own")),
        }
    }
}

fn map_ids(outside: &mut Outside<'_>) -> Done {
    if let Some(planned) = &outside.plan.user {
        user_namespace::write_maps(outside.pid, planned)?;
        outside.ids = Some(user_namespace::of_process(outside.pid)?);
    }
    Ok(())
}

fn hand_cgroup(outside: &mut Outside<'_>) -> Done {
    let opened = outside.cgroup.tasks();
    let tasks = opened.map_err(|error| Failure::refused(corten_error::chain(&error)))?;
    for view in cgroup_mounts::open(outside.plan, &tasks, outside.cgroup)? {
        outside.hand(&Handed::View { name: view.name }, &view.copy)?;
    }
    tasks.iter().try_for_each(|tasks| outside.hand(&Handed::Tasks, tasks))
}

fn adjust_oom_score(outside: &mut Outside<'_>) -> Done {
    super::birth::write_oom_score(&outside.pid.to_string(), outside.plan.process.spec)
}

/// A limit above the present ceiling takes rights on the host; the process sets the limit itself, when it is due.
pub(super) fn raise_ceilings(pid: u32, plan: &ProcessPlan<'_>) -> Done {
    for wanted in &plan.limits {
        let mut limit = getrlimit(wanted.resource);
        // `None` is no limit at all.
        let is_higher = limit.maximum.is_some_and(|most| wanted.hard.is_none_or(|wanted| wanted > most));
        if is_higher {
            limit.maximum = wanted.hard;
            prlimit(Pid::from_raw(pid as i32), wanted.resource, limit)
                .doing(|| format!("set the limit {wanted}"))?;
        }
    }
    Ok(())
}

fn hand_sources(outside: &mut Outside<'_>) -> Done {
    let opened = detached::copy_sources(outside.plan)?;
    for (position, (source, mount)) in opened.into_iter().zip(&outside.plan.mounts).enumerate() {
        let Some(source) = source else { continue };
        if let Some(ids) = &mount.ids {
            let namespace = outside.ids_of(ids.map.as_ref())?;
            mount_attributes::map_ids(&source.mount, namespace.as_fd(), ids.recursive)
                .map_err(|error| unmapped(&mount.destination, &error))?;
        }
        outside.hand(&Handed::Mount { position, target: source.target }, &source.mount)?;
    }
    Ok(())
}

/// The kernel's one word for it, `EINVAL`, tells nobody what to do.
fn unmapped(destination: &str, error: &io::Error) -> Failure {
    let operation = format!("map the ids of the mount at `{destination}`");
    if error.raw_os_error() != Some(Errno::INVAL.raw_os_error()) {
        return Failure::system(operation, error);
    }
    Failure::refused(format!(
        "{operation}: its ids are mapped already, or this kernel cannot map those of its file system (tmpfs: since Linux 6.3)"
    ))
}

/// Who mounts an overlay is who makes files in its work directory, and the host's root has no id on a mount that is shown with those of
/// the container.
fn hand_root(outside: &mut Outside<'_>) -> Done {
    if let Some(user) = &outside.plan.user {
        take_ids(user.root())?;
    }
    let made = root::make_detached(outside.plan, outside.ids.as_ref())?;
    take_ids((0, 0))?;
    outside.hand(&Handed::Root, &made)
}

/// Takes effective ids, and keeps every right on the host.
pub(super) fn take_ids((uid, gid): (u32, u32)) -> Done {
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    set_thread_res_gid(Gid::ROOT, gid, Gid::ROOT)
        .and_then(|()| set_thread_res_uid(Uid::ROOT, uid, Uid::ROOT))
        .and_then(|()| capabilities(None))
        .and_then(|held| set_capabilities(None, CapabilitySets { effective: held.permitted, ..held }))
        .doing(|| format!("take the ids {}:{}", uid.as_raw(), gid.as_raw()))
}

/// Only the host's root makes device nodes, so `/dev` is handed over with them.
fn hand_devices(outside: &mut Outside<'_>) -> Done {
    let Some(ids) = &outside.ids else { return Ok(()) };
    let mut planned = outside.plan.mounts.iter().enumerate();
    let is_devices = |mount: &crate::plan::MountPlan| mount.destination == "/dev" && mount.is_tmpfs();
    let Some((position, mount)) = planned.find(|(_, mount)| is_devices(mount)) else { return Ok(()) };
    let made = detached::make_file_system(mount, None)?;
    devices::make_nodes(&made, outside.plan.devices())?;
    // Before Linux 6.3 a tmpfs cannot be shown with other ids: then nodes that are for everybody still serve everybody.
    let mapped = mount_attributes::map_ids(&made, ids.as_fd(), false);
    mapped
        .or_else(|error| match error.raw_os_error() {
            Some(code) if code == Errno::INVAL.raw_os_error() => Ok(()),
            _ => Err(error),
        })
        .doing(|| "map the ids of `/dev`".into())?;
    outside.hand(&Handed::Mount { position, target: Missing::Directory }, &made)
}
