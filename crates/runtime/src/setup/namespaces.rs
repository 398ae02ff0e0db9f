//! The namespaces that a process joins or makes itself, and what is set in them.
//!
//! The others it was born into.

use std::os::fd::AsFd;

use corten_spec::runtime::NamespaceKind;
use corten_sys::{namespaces, network_interface, process};
use rustix::fs::{CWD, Mode, OFlags, fstatfs, openat};
use rustix::io::Errno;
use rustix::system::{setdomainname, sethostname};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};

use super::{Exec, Init, beneath};
use crate::failure::{Doing, Failure};
use crate::launch::JoinedProcess;
use crate::message::{self, CONTINUE, Message};
use crate::plan::{InitPlan, Namespaces, Sysctl};

/// A network namespace of its own. It takes longer than all others together. In a user namespace it has to wait for the ids: they are
/// the owners of its files in /sys.
pub(super) fn make_network(plan: &InitPlan<'_>) -> Result<(), Failure> {
    if plan.user.is_some() { Ok(()) } else { unshare_network(&plan.namespaces) }
}

fn unshare_network(planned: &Namespaces) -> Result<(), Failure> {
    if planned.is_new(NamespaceKind::Network) {
        namespaces::unshare(ThreadNameSpaceType::NETWORK).doing(|| "make a network namespace".into())?;
    }
    Ok(())
}

/// Joins those that have a path, then makes those that could not be made before.
pub(super) fn join(plan: &InitPlan<'_>) -> Result<(), Failure> {
    let planned = &plan.namespaces;
    let open = |(kind, path)| {
        let opened = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        Ok((kind, path, opened.doing(|| format!("open namespace `{path}`"))?))
    };
    let joined: Vec<_> = planned.joined_by_child().map(open).collect::<Result<_, Failure>>()?;
    for (kind, path, namespace) in joined {
        // setns(2) takes the kind in the same bits for both of its forms.
        move_into_thread_name_spaces(namespace.as_fd(), kind).doing(|| format!("join namespace `{path}`"))?;
    }
    if plan.user.is_some() {
        unshare_network(planned)?;
    }
    if planned.is_new(NamespaceKind::Cgroup) {
        namespaces::unshare(ThreadNameSpaceType::CONTROL_GROUP).doing(|| "make a cgroup namespace".into())?;
    }
    Ok(())
}

/// All of a running container's, in one call; the pid namespace it was born into.
pub(super) fn join_target(exec: &Exec<'_>) -> Result<(), Failure> {
    let target = exec.target;
    let mut kinds = ThreadNameSpaceType::MOUNT
        | ThreadNameSpaceType::NETWORK
        | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
        | ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME
        | ThreadNameSpaceType::CONTROL_GROUP;
    // The kernel refuses to enter the user namespace that one is in.
    kinds.set(ThreadNameSpaceType::USER, exec.target_root.is_some());
    match move_into_thread_name_spaces(target.pidfd.as_fd(), kinds) {
        Err(Errno::SRCH) => {
            Err(Failure::refused(format!("process {} of the container has ended", target.pid)))
        }
        joined => joined.doing(|| format!("join the namespaces of process {}", target.pid)),
    }
}

/// That the processes whose namespaces and files were opened by their numbers are still those that were meant: then what was opened is
/// theirs. Numbers come round again, and whoever can end such a process may choose when.
pub(super) fn make_sure(joined: &[JoinedProcess]) -> Result<(), Failure> {
    for JoinedProcess { pid, start_time } in joined {
        if !process::start_time(*pid).is_ok_and(|found| found == *start_time) {
            return Err(Failure::refused(format!(
                "process {pid}, whose namespaces were to be joined, has ended"
            )));
        }
    }
    Ok(())
}

/// A new network namespace has nothing but a loopback, switched off.
pub(super) fn switch_loopback_on(planned: &Namespaces) -> Result<(), Failure> {
    if planned.is_new(NamespaceKind::Network) {
        network_interface::switch_on(c"lo").doing(|| "switch `lo` on".into())?;
    }
    Ok(())
}

/// Lets somebody outside connect the network namespace, where that is to be of the user namespace and so could not be made before.
pub(super) fn await_network(init: &mut Init<'_>) -> Result<(), Failure> {
    let Some(channel) = init.common.channel.as_ref().filter(|_| init.plan.awaits_network) else {
        return Ok(());
    };
    message::tell(channel, &Message::NetworkDue, None).doing(|| "ask for the network".into())?;
    if message::await_word(channel, CONTINUE).doing(|| "wait for the network".into())? {
        Ok(())
    } else {
        Err(Failure::refused("the starter ended while the network was connected"))
    }
}

/// Host name and NIS domain name, where the configuration has them.
pub(super) fn set_names(plan: &InitPlan<'_>) -> Result<(), Failure> {
    if !plan.hostname.is_empty() {
        let name = plan.hostname;
        sethostname(name.as_bytes()).doing(|| format!("set the hostname to `{name}`"))?;
    }
    if !plan.domainname.is_empty() {
        let name = plan.domainname;
        setdomainname(name.as_bytes()).doing(|| format!("set the domainname to `{name}`"))?;
    }
    Ok(())
}

/// `PROC_SUPER_MAGIC` of linux/magic.h.
const PROC_SUPER_MAGIC: u32 = 0x9fa0;

/// See proc_sys(5). The plan let only parameters of the container's own namespaces through.
pub(super) fn set_kernel_parameters(sysctls: &[Sysctl]) -> Result<(), Failure> {
    if sysctls.is_empty() {
        return Ok(());
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(CWD, c"/proc/sys", flags, Mode::empty()).doing(|| "open `/proc/sys`".into())?;
    let kind = fstatfs(&directory).doing(|| "look at `/proc/sys`".into())?.f_type;
    if kind as u32 != PROC_SUPER_MAGIC {
        return Err(Failure::refused("`/proc/sys` is not of a proc file system"));
    }
    for Sysctl { path, value } in sysctls {
        let file = beneath::open(&directory, path, OFlags::WRONLY);
        file.and_then(|file| rustix::io::write(file, value.as_bytes()))
            .doing(|| format!("write `{value}` to `/proc/sys/{path}`"))?;
    }
    Ok(())
}
