//! What the process may do: limits, user, capabilities, the filter of system calls.
//!
//! The order is the list's in `setup`; why each stands where it does is said there.

use std::collections::BTreeSet;
use std::ffi::CString;

use corten_sys::{keyring, process, seccomp};
use rustix::fs::{Gid, Mode, Uid};
use rustix::io::Errno;
use rustix::process::{setrlimit, umask};
use rustix::thread::{
    CapabilitySets, capabilities, clear_ambient_capability_set, configure_capability_in_ambient_set,
    set_capabilities as set, set_keep_capabilities, set_no_new_privs, set_thread_groups, set_thread_res_gid,
    set_thread_res_uid,
};

use super::Common;
use crate::bounding_set::{self, Undroppable};
use crate::failure::{Doing, Failure};

/// `NGROUPS_MAX` of linux/limits.h.
const MOST_GROUPS: usize = 65_536;

pub(super) fn set_limits(common: &mut Common<'_>) -> Result<(), Failure> {
    for limit in &common.plan.limits {
        setrlimit(limit.resource, limit.values()).doing(|| format!("set the limit {limit}"))?;
    }
    Ok(())
}

/// Named after the container, so that what joins it later joins this too.
pub(super) fn join_keyring(common: &mut Common<'_>) -> Result<(), Failure> {
    if common.outliving.is_some_and(|outliving| !outliving.session_keyring) {
        return Ok(());
    }
    let name = CString::new(format!("_ses.{}", common.plan.id)).map_err(std::io::Error::from);
    match keyring::join_session(&name.doing(|| "name the session keyring".into())?) {
        // A kernel without keys has none to protect.
        Err(error) if error.raw_os_error() == Some(Errno::NOSYS.raw_os_error()) => Ok(()),
        joined => joined.doing(|| "join a session keyring".into()),
    }
}

pub(super) fn set_persona(common: &mut Common<'_>) -> Result<(), Failure> {
    let Some(persona) = common.plan.persona else { return Ok(()) };
    process::set_personality(persona).doing(|| format!("set the execution domain {persona}"))
}

/// 022 where the configuration has none, as every runtime does.
pub(super) fn set_mask(common: &mut Common<'_>) -> Result<(), Failure> {
    umask(Mode::from_raw_mode(common.plan.spec.user.umask.unwrap_or(0o022)));
    Ok(())
}

pub(super) fn bound_capabilities(common: &mut Common<'_>) -> Result<(), Failure> {
    let kept = common.plan.capabilities.bounding;
    bounding_set::limit_to(kept).map_err(|Undroppable { number, cause }| {
        Failure::system(format!("drop capability {number} from the bounding set"), &cause.into())
    })
}

pub(super) fn become_user(common: &mut Common<'_>) -> Result<(), Failure> {
    let identity = &common.identity;
    // Some callers name a group twice; the kernel would keep both.
    let groups: BTreeSet<u32> = identity.groups.iter().copied().collect();
    let groups: Vec<Gid> = groups.into_iter().map(Gid::from_raw).collect();
    if groups.len() > MOST_GROUPS {
        return Err(Failure::refused(format!(
            "the user is in {} groups: more than {MOST_GROUPS}",
            groups.len()
        )));
    }
    let (uid, gid) = (Uid::from_raw(identity.uid), Gid::from_raw(identity.gid));
    set_keep_capabilities(true).doing(|| "keep capabilities".into())?;
    mapped(set_thread_groups(&groups), || "one of the supplementary groups".into())?;
    mapped(set_thread_res_gid(gid, gid, gid), || format!("group {}", gid.as_raw()))?;
    mapped(set_thread_res_uid(uid, uid, uid), || format!("user {}", uid.as_raw()))?;
    set_keep_capabilities(false).doing(|| "stop keeping capabilities".into())
}

/// `EINVAL` says of an id that the user namespace does not have it.
fn mapped(done: Result<(), Errno>, who: impl Fn() -> String) -> Result<(), Failure> {
    match done {
        Err(Errno::INVAL) => {
            Err(Failure::refused(format!("{} is not mapped in the container's user namespace", who())))
        }
        done => done.doing(|| format!("become {}", who())),
    }
}

pub(super) fn load_filter_with_privilege(common: &mut Common<'_>) -> Result<(), Failure> {
    if common.plan.filter.is_none() || common.plan.spec.no_new_privileges {
        return Ok(());
    }
    let held = held()?;
    // Becoming another user than root took them out of this set.
    let effective = held.permitted;
    set(None, CapabilitySets { effective, ..held }).doing(|| "raise capabilities".into())?;
    load_filter(common)
}

/// What the caller itself does not hold cannot be given: the specification lets it be left out.
pub(super) fn set_capabilities(common: &mut Common<'_>) -> Result<(), Failure> {
    let plan = &common.plan.capabilities;
    let held = held()?.permitted;
    let sets = CapabilitySets {
        effective: plan.effective & held,
        permitted: plan.permitted & held,
        inheritable: plan.inheritable & held,
    };
    set(None, sets).doing(|| "set the capabilities".into())?;
    clear_ambient_capability_set().doing(|| "clear the ambient capabilities".into())?;
    // Only what is in both of these sets can be ambient (capabilities(7)).
    for capability in (plan.ambient & sets.permitted & sets.inheritable).iter() {
        configure_capability_in_ambient_set(capability, true)
            .doing(|| format!("make {capability:?} ambient"))?;
    }
    Ok(())
}

pub(super) fn forbid_new_privileges(common: &mut Common<'_>) -> Result<(), Failure> {
    if common.plan.spec.no_new_privileges {
        set_no_new_privs(true).doing(|| "forbid new privileges".into())?;
    }
    Ok(())
}

pub(super) fn load_filter_without_privilege(common: &mut Common<'_>) -> Result<(), Failure> {
    if common.plan.spec.no_new_privileges { load_filter(common) } else { Ok(()) }
}

fn load_filter(common: &Common<'_>) -> Result<(), Failure> {
    let Some(filter) = &common.plan.filter else { return Ok(()) };
    seccomp::load(&filter.instructions, filter.flags).doing(|| "load the seccomp filter".into())
}

fn held() -> Result<CapabilitySets, Failure> {
    capabilities(None).doing(|| "read the own capabilities".into())
}
