//! Becoming root of a user namespace: one of its own, or that of a running container.
//!
//! Which ids it has, and that they are mapped, is settled before (`outside`).

use rustix::fs::{FileType, Gid, Uid, fchown};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use super::{Common, Done, Exec, Init, beneath, birth, outside};
use crate::StdioSource;
use crate::failure::Doing;

/// A new process comes into its user namespace with every right there, and as nobody.
pub(super) fn become_root(init: &mut Init<'_>) -> Done {
    if init.plan.user.is_none() { Ok(()) } else { take_root(&init.common) }
}

/// As [`become_root`], in the namespace that was joined.
pub(super) fn become_root_of_joined(exec: &mut Exec<'_>) -> Done {
    if exec.target_root.is_none() { Ok(()) } else { take_root(&exec.common) }
}

fn take_root(common: &Common<'_>) -> Done {
    set_thread_groups(&[]).doing(|| "leave the groups of the starter".into())?;
    set_thread_res_gid(Gid::ROOT, Gid::ROOT, Gid::ROOT)
        .doing(|| "become the root group of the user namespace".into())?;
    set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT)
        .doing(|| "become root of the user namespace".into())?;
    // Changing the user cleared it (prctl(2)).
    birth::follow_starter(common)
}

/// Looks whether the container has another user namespace than this process, and does what can be done on this side only.
pub(super) fn prepare_to_join(exec: &mut Exec<'_>) -> Done {
    exec.target_root = crate::user_namespace::foreign_root(exec.target.pid)?;
    let Some(root) = exec.target_root else { return Ok(()) };
    outside::raise_ceilings(std::process::id(), exec.common.plan)?;
    exec.common.stdio.as_ref().map_or(Ok(()), |stdio| give(stdio, root))
}

/// Gives pipes to the root of a user namespace, who may give them on to a user there: nobody in there could open them otherwise.
pub(crate) fn give(stdio: &StdioSource, (uid, gid): (u32, u32)) -> Done {
    let StdioSource::Pipes { stdin, stdout, stderr } = stdio else { return Ok(()) };
    for stream in [stdin, stdout, stderr] {
        let kind = beneath::file_type(stream).doing(|| "look at a standard stream".into())?;
        if kind == FileType::Fifo {
            fchown(stream, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))
                .doing(|| "give the standard streams to the container's root".into())?;
        }
    }
    Ok(())
}
