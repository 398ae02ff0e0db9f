//! Limits and devices among the flags.

use std::collections::BTreeMap;

use corten_api_types::container::{DeviceRequest, Resources};
use corten_cdi::DeviceName;

use super::{block_devices, devices, gpus, ulimit};
use crate::flags::{Parsed, parse_cpus};

/// Limits and devices.
///
/// # Errors
/// Docker's texts.
pub(super) fn parse(parsed: &Parsed) -> Result<Resources, String> {
    let swappiness = parsed.integer("memory-swappiness");
    if !(-1..=100).contains(&swappiness) {
        return Err(format!("invalid value: {swappiness}. Valid memory swappiness range is 0-100"));
    }
    // The last limit of a name counts.
    let mut ulimits = BTreeMap::new();
    for text in parsed.list("ulimit") {
        let limit = ulimit::parse(text)?;
        ulimits.insert(limit.name.clone(), limit);
    }
    let (named, plain): (Vec<&String>, Vec<&String>) =
        parsed.list("device").iter().partition(|text| DeviceName::parse(text).is_some());
    let mut requests = all(parsed, "gpus", gpus::parse)?;
    if !named.is_empty() {
        let ids = Some(named.into_iter().cloned().collect());
        requests.push(DeviceRequest {
            driver: "cdi".to_owned(),
            device_ids: ids,
            ..DeviceRequest::default()
        });
    }
    let cpus = parsed.text("cpus");
    let rules = parsed.list("device-cgroup-rule");
    Ok(Resources {
        cpu_shares: parsed.integer("cpu-shares"),
        memory: parsed.bytes("memory"),
        nano_cpus: if cpus.is_empty() { 0 } else { parse_cpus(cpus)? },
        cgroup_parent: parsed.text("cgroup-parent").to_owned(),
        // The kind of the flag is 16 bits wide.
        blkio_weight: u16::try_from(parsed.integer("blkio-weight")).unwrap_or(u16::MAX),
        blkio_weight_device: Some(all(parsed, "blkio-weight-device", block_devices::weight)?),
        blkio_device_read_bps: Some(all(parsed, "device-read-bps", block_devices::bytes)?),
        blkio_device_write_bps: Some(all(parsed, "device-write-bps", block_devices::bytes)?),
        blkio_device_read_iops: Some(all(parsed, "device-read-iops", block_devices::operations)?),
        blkio_device_write_iops: Some(all(parsed, "device-write-iops", block_devices::operations)?),
        cpu_period: parsed.integer("cpu-period"),
        cpu_quota: parsed.integer("cpu-quota"),
        cpu_realtime_period: parsed.integer("cpu-rt-period"),
        cpu_realtime_runtime: parsed.integer("cpu-rt-runtime"),
        cpuset_cpus: parsed.text("cpuset-cpus").to_owned(),
        cpuset_mems: parsed.text("cpuset-mems").to_owned(),
        devices: Some(plain.into_iter().map(|text| devices::parse(text)).collect::<Result<_, _>>()?),
        device_requests: Some(requests).filter(|requests| !requests.is_empty()),
        device_cgroup_rules: Some(rules.to_vec()).filter(|rules| !rules.is_empty()),
        memory_reservation: parsed.bytes("memory-reservation"),
        memory_swap: parsed.bytes("memory-swap"),
        memory_swappiness: Some(swappiness),
        oom_kill_disable: Some(parsed.is_on("oom-kill-disable")),
        pids_limit: Some(parsed.integer("pids-limit")),
        ulimits: Some(ulimits.into_values().collect()),
        ..Resources::default()
    })
}

/// Every value of a list, read.
fn all<T>(parsed: &Parsed, name: &str, read: fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    parsed.list(name).iter().map(|text| read(text)).collect()
}
