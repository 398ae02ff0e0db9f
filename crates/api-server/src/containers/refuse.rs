//! What a request may not ask for yet: refused by name, so that nothing is silently ignored.

use corten_api_types::container::{Config, HostConfig, Resources, UpdateRequest};

use crate::failure::Failure;
use crate::fields::{self, refuse_unknown};

/// Refuses what the portable half asks for and is not built.
pub(super) fn refuse_config(config: &Config) -> Result<(), Failure> {
    first_of(&[("OnBuild", config.on_build.as_ref().is_some_and(|triggers| !triggers.is_empty()))])
}

/// Refuses what the host's half asks for and is not built.
pub(super) fn refuse_host_config(host: &HostConfig) -> Result<(), Failure> {
    refuse_unknown(&fields::HOST_CONFIG, &host.unknown)?;
    first_of(&[
        ("Cgroup", !host.cgroup.is_empty()),
        ("Isolation", !matches!(host.isolation.as_str(), "" | "default")),
    ])?;
    refuse_resources(&host.resources)
}

/// Refuses what cannot be changed, or not yet.
pub(super) fn refuse_update(update: &UpdateRequest) -> Result<(), Failure> {
    refuse_unknown(&fields::UPDATE, &update.unknown)?;
    let limits = &update.resources;
    first_of(&[
        ("CgroupParent", !limits.cgroup_parent.is_empty()),
        ("Devices", limits.devices.as_ref().is_some_and(|list| !list.is_empty())),
        ("DeviceCgroupRules", limits.device_cgroup_rules.as_ref().is_some_and(|list| !list.is_empty())),
        ("Ulimits", limits.ulimits.as_ref().is_some_and(|list| !list.is_empty())),
        ("DeviceRequests", limits.device_requests.as_ref().is_some_and(|list| !list.is_empty())),
        ("OomKillDisable", limits.oom_kill_disable == Some(true)),
    ])
    .map_err(|failure| Failure { message: format!("updating {}", failure.message), ..failure })?;
    refuse_resources(limits)
}

fn refuse_resources(limits: &Resources) -> Result<(), Failure> {
    first_of(&[
        ("KernelMemory", limits.kernel_memory != 0),
        ("KernelMemoryTCP", limits.kernel_memory_tcp != 0),
        ("CpuCount", limits.cpu_count != 0),
        ("CpuPercent", limits.cpu_percent != 0),
        ("IOMaximumIOps", limits.io_maximum_iops != 0),
        ("IOMaximumBandwidth", limits.io_maximum_bandwidth != 0),
    ])
}

fn first_of(fields: &[(&str, bool)]) -> Result<(), Failure> {
    match fields.iter().find(|(_, asked)| *asked) {
        Some((name, _)) => Err(Failure::not_implemented(format!("`{name}` is not built yet"))),
        None => Ok(()),
    }
}
