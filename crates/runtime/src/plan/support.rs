//! Fields of the Linux section that this runtime does not honour: each is refused by name.
//!
//! What single values of a supported field cannot do is said where that field is planned.

use corten_spec::runtime::{Linux, Process};

use crate::error::RuntimeError;

/// # Errors
/// The first field that is set and cannot be honoured.
pub(super) fn check(linux: &Linux) -> Result<(), RuntimeError> {
    refuse(&[
        ("linux.netDevices", !linux.net_devices.is_empty()),
        ("linux.mountLabel", !linux.mount_label.is_empty()),
        ("linux.intelRdt", linux.intel_rdt.is_some()),
        ("linux.memoryPolicy", linux.memory_policy.is_some()),
        ("linux.timeOffsets", !linux.time_offsets.is_empty()),
        (
            "linux.personality.flags",
            linux.personality.as_ref().is_some_and(|personality| !personality.flags.is_empty()),
        ),
    ])
}

/// # Errors
/// As [`check`].
pub(super) fn check_process(process: &Process) -> Result<(), RuntimeError> {
    refuse(&[
        ("process.apparmorProfile", !process.apparmor_profile.is_empty()),
        ("process.selinuxLabel", !process.selinux_label.is_empty()),
        ("process.scheduler", process.scheduler.is_some()),
        ("process.ioPriority", process.io_priority.is_some()),
    ])
}

fn refuse(fields: &[(&str, bool)]) -> Result<(), RuntimeError> {
    match fields.iter().find(|(_, set)| *set) {
        Some((field, _)) => Err(RuntimeError::unsupported(*field)),
        None => Ok(()),
    }
}
