//! New limits upon those that a container has: which result, and which of them the kernel has to be told. Pure.

use crate::containers::config::{BlockIoConfig, ResourcesConfig};
use crate::error::EngineError;

/// Lays a change over the limits that there are; what it does not name (zero, empty, `None`) stays.
///
/// # Errors
/// Docker's texts for what contradicts what was set before.
pub(in crate::containers) fn merge(
    present: &ResourcesConfig,
    change: &ResourcesConfig,
) -> Result<ResourcesConfig, EngineError> {
    if let Some(contradiction) = contradiction(present, change) {
        return Err(EngineError::Conflict(contradiction.to_owned()));
    }
    let number = |new: i64, old: i64| if new == 0 { old } else { new };
    let text = |new: &String, old: &String| if new.is_empty() { old.clone() } else { new.clone() };
    Ok(ResourcesConfig {
        memory: number(change.memory, present.memory),
        memory_swap: number(change.memory_swap, present.memory_swap),
        memory_reservation: number(change.memory_reservation, present.memory_reservation),
        memory_swappiness: change.memory_swappiness.or(present.memory_swappiness),
        oom_kill_disable: change.oom_kill_disable.or(present.oom_kill_disable),
        nano_cpus: number(change.nano_cpus, present.nano_cpus),
        cpu_shares: number(change.cpu_shares, present.cpu_shares),
        cpu_period: number(change.cpu_period, present.cpu_period),
        cpu_quota: number(change.cpu_quota, present.cpu_quota),
        cpu_realtime_period: number(change.cpu_realtime_period, present.cpu_realtime_period),
        cpu_realtime_runtime: number(change.cpu_realtime_runtime, present.cpu_realtime_runtime),
        cpuset_cpus: text(&change.cpuset_cpus, &present.cpuset_cpus),
        cpuset_mems: text(&change.cpuset_mems, &present.cpuset_mems),
        pids_limit: change.pids_limit.or(present.pids_limit),
        block_io: merge_block_io(&present.block_io, &change.block_io),
        ulimits: present.ulimits.clone(),
        device_cgroup_rules: present.device_cgroup_rules.clone(),
    })
}

fn merge_block_io(present: &BlockIoConfig, change: &BlockIoConfig) -> BlockIoConfig {
    let list = |new: &Vec<_>, old: &Vec<_>| if new.is_empty() { old.clone() } else { new.clone() };
    BlockIoConfig {
        weight: if change.weight == 0 { present.weight } else { change.weight },
        weight_device: list(&change.weight_device, &present.weight_device),
        read_bps: list(&change.read_bps, &present.read_bps),
        write_bps: list(&change.write_bps, &present.write_bps),
        read_iops: list(&change.read_iops, &present.read_iops),
        write_iops: list(&change.write_iops, &present.write_iops),
    }
}

/// A fraction of CPUs is a quota of a period: who has set the one cannot set the other.
fn contradiction(present: &ResourcesConfig, change: &ResourcesConfig) -> Option<&'static str> {
    if change.nano_cpus > 0 && present.cpu_period > 0 {
        Some("Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set")
    } else if change.nano_cpus > 0 && present.cpu_quota > 0 {
        Some("Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set")
    } else if change.cpu_period > 0 && present.nano_cpus > 0 {
        Some("Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set")
    } else if change.cpu_quota > 0 && present.nano_cpus > 0 {
        Some("Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set")
    } else if change.memory > present.memory_swap && change.memory_swap == 0 && change.memory != 0 {
        Some(
            "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
        )
    } else {
        None
    }
}

/// The limits that a change has to set in a cgroup: those that it names, and those that the kernel takes together with them.
pub(in crate::containers) fn touched(merged: &ResourcesConfig, change: &ResourcesConfig) -> ResourcesConfig {
    let memory = change.memory != 0 || change.memory_swap != 0;
    let time = change.nano_cpus != 0 || change.cpu_period != 0 || change.cpu_quota != 0;
    let real_time = change.cpu_realtime_period != 0 || change.cpu_realtime_runtime != 0;
    let when = |condition: bool, value: i64| if condition { value } else { 0 };
    ResourcesConfig {
        memory: when(memory, merged.memory),
        memory_swap: when(memory, merged.memory_swap),
        nano_cpus: when(time, merged.nano_cpus),
        cpu_period: when(time, merged.cpu_period),
        cpu_quota: when(time, merged.cpu_quota),
        cpu_realtime_period: when(real_time, merged.cpu_realtime_period),
        cpu_realtime_runtime: when(real_time, merged.cpu_realtime_runtime),
        ..change.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{merge, touched};
    use crate::containers::config::ResourcesConfig;

    fn limits(memory: i64, memory_swap: i64) -> ResourcesConfig {
        ResourcesConfig { memory, memory_swap, ..ResourcesConfig::default() }
    }

    #[test]
    fn what_is_not_named_stays() {
        let present = ResourcesConfig { cpu_shares: 512, pids_limit: Some(5), ..limits(64, 128) };
        let change = ResourcesConfig { pids_limit: Some(0), cpuset_cpus: "0".to_owned(), ..limits(32, 0) };
        let merged = merge(&present, &change).unwrap();
        let expected = ResourcesConfig {
            cpu_shares: 512,
            cpuset_cpus: "0".to_owned(),
            pids_limit: Some(0),
            ..limits(32, 128)
        };
        assert_eq!(merged, expected);
    }

    #[test]
    fn what_the_kernel_takes_together_is_set_together() {
        let present = ResourcesConfig { cpu_period: 50_000, cpu_shares: 512, ..limits(64, 128) };
        let change = ResourcesConfig { cpu_quota: 20_000, ..limits(32, 0) };
        let merged = merge(&present, &change).unwrap();
        let expected = ResourcesConfig { cpu_period: 50_000, cpu_quota: 20_000, ..limits(32, 128) };
        assert_eq!(touched(&merged, &change), expected);
    }

    #[test]
    fn what_contradicts_an_earlier_limit_is_refused_in_dockers_words() {
        let text = |present: &ResourcesConfig, change: &ResourcesConfig| {
            merge(present, change).unwrap_err().to_string()
        };
        let cpus = ResourcesConfig { nano_cpus: 1, ..ResourcesConfig::default() };
        let quota = ResourcesConfig { cpu_quota: 1, ..ResourcesConfig::default() };
        assert_eq!(
            text(&quota, &cpus),
            "Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set"
        );
        assert_eq!(
            text(&cpus, &quota),
            "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set"
        );
        let too_much = "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time";
        assert_eq!(text(&limits(0, 0), &limits(64, 0)), too_much);
        assert!(merge(&limits(0, 0), &limits(64, 64)).is_ok());
    }
}
