//! Limits from Docker's shape to the engine's and back.

use corten_api_types::container::{
    DeviceMapping, DeviceRequest, Resources, ThrottleDevice, Ulimit, WeightDevice,
};
use corten_engine::containers::config::{
    BlockDeviceConfig, BlockIoConfig, DeviceRequestConfig, HostConfig, ResourcesConfig, UlimitConfig,
};

/// Docker's shape to the engine's, for a new container and for a change.
pub(super) fn limits(limits: &Resources) -> ResourcesConfig {
    ResourcesConfig {
        memory: limits.memory,
        memory_swap: limits.memory_swap,
        memory_reservation: limits.memory_reservation,
        memory_swappiness: limits.memory_swappiness,
        oom_kill_disable: limits.oom_kill_disable,
        nano_cpus: limits.nano_cpus,
        cpu_shares: limits.cpu_shares,
        cpu_period: limits.cpu_period,
        cpu_quota: limits.cpu_quota,
        cpu_realtime_period: limits.cpu_realtime_period,
        cpu_realtime_runtime: limits.cpu_realtime_runtime,
        cpuset_cpus: limits.cpuset_cpus.clone(),
        cpuset_mems: limits.cpuset_mems.clone(),
        pids_limit: limits.pids_limit,
        block_io: block_io(limits),
        ulimits: limits.ulimits.iter().flatten().map(ulimit).collect(),
        device_cgroup_rules: limits.device_cgroup_rules.clone().unwrap_or_default(),
    }
}

fn ulimit(limit: &Ulimit) -> UlimitConfig {
    UlimitConfig { name: limit.name.clone(), soft: limit.soft, hard: limit.hard }
}

fn block_io(limits: &Resources) -> BlockIoConfig {
    let rates = |devices: &Option<Vec<ThrottleDevice>>| {
        let rate =
            |device: &ThrottleDevice| BlockDeviceConfig { path: device.path.clone(), value: device.rate };
        devices.iter().flatten().map(rate).collect()
    };
    let weight =
        |device: &WeightDevice| BlockDeviceConfig { path: device.path.clone(), value: device.weight.into() };
    BlockIoConfig {
        weight: limits.blkio_weight,
        weight_device: limits.blkio_weight_device.iter().flatten().map(weight).collect(),
        read_bps: rates(&limits.blkio_device_read_bps),
        write_bps: rates(&limits.blkio_device_write_bps),
        read_iops: rates(&limits.blkio_device_read_iops),
        write_iops: rates(&limits.blkio_device_write_iops),
    }
}

/// Devices that are asked for by name.
pub(super) fn device_requests(limits: &Resources) -> Vec<DeviceRequestConfig> {
    let request = |request: &DeviceRequest| DeviceRequestConfig {
        driver: request.driver.clone(),
        count: request.count,
        ids: request.device_ids.clone().unwrap_or_default(),
        capabilities: request.capabilities.clone().unwrap_or_default(),
        options: request.options.clone().unwrap_or_default(),
    };
    limits.device_requests.iter().flatten().map(request).collect()
}

fn show_device_requests(requests: &[DeviceRequestConfig]) -> Option<Vec<DeviceRequest>> {
    let request = |request: &DeviceRequestConfig| DeviceRequest {
        driver: request.driver.clone(),
        count: request.count,
        device_ids: Some(request.ids.clone()).filter(|ids| !ids.is_empty()),
        capabilities: Some(request.capabilities.clone()).filter(|lists| !lists.is_empty()),
        options: Some(request.options.clone()).filter(|_| request.driver != "cdi"),
    };
    Some(requests.iter().map(request).collect()).filter(|requests: &Vec<_>| !requests.is_empty())
}

/// The engine's shape to Docker's, for inspect.
pub(super) fn show(host: &HostConfig) -> Resources {
    let limits: &ResourcesConfig = &host.resources;
    let ulimits = limits.ulimits.iter().map(|limit| Ulimit {
        name: limit.name.clone(),
        hard: limit.hard,
        soft: limit.soft,
    });
    let devices = host.devices.iter().map(|device| DeviceMapping {
        path_on_host: device.path_on_host.display().to_string(),
        path_in_container: device.path_in_container.display().to_string(),
        cgroup_permissions: device.cgroup_permissions.clone(),
    });
    Resources {
        cpu_shares: limits.cpu_shares,
        memory: limits.memory,
        nano_cpus: limits.nano_cpus,
        cgroup_parent: host.cgroup_parent.clone(),
        cpu_period: limits.cpu_period,
        cpu_quota: limits.cpu_quota,
        cpu_realtime_period: limits.cpu_realtime_period,
        cpu_realtime_runtime: limits.cpu_realtime_runtime,
        cpuset_cpus: limits.cpuset_cpus.clone(),
        cpuset_mems: limits.cpuset_mems.clone(),
        devices: Some(devices.collect()),
        device_cgroup_rules: (!limits.device_cgroup_rules.is_empty())
            .then(|| limits.device_cgroup_rules.clone()),
        device_requests: show_device_requests(&host.device_requests),
        memory_reservation: limits.memory_reservation,
        // Older records leave open what Docker shows for that: as much swap as memory.
        memory_swap: match limits.memory_swap {
            0 => limits.memory.saturating_mul(2),
            swap => swap,
        },
        memory_swappiness: limits.memory_swappiness,
        oom_kill_disable: limits.oom_kill_disable,
        pids_limit: limits.pids_limit,
        ulimits: Some(ulimits.collect()),
        ..show_block_io(&limits.block_io)
    }
}

fn show_block_io(limits: &BlockIoConfig) -> Resources {
    let rates = |devices: &[BlockDeviceConfig]| {
        let rate =
            |device: &BlockDeviceConfig| ThrottleDevice { path: device.path.clone(), rate: device.value };
        Some(devices.iter().map(rate).collect())
    };
    let weight = |device: &BlockDeviceConfig| WeightDevice {
        path: device.path.clone(),
        weight: u16::try_from(device.value).unwrap_or(u16::MAX),
    };
    Resources {
        blkio_weight: limits.weight,
        blkio_weight_device: Some(limits.weight_device.iter().map(weight).collect()),
        blkio_device_read_bps: rates(&limits.read_bps),
        blkio_device_write_bps: rates(&limits.write_bps),
        blkio_device_read_iops: rates(&limits.read_iops),
        blkio_device_write_iops: rates(&limits.write_iops),
        ..Resources::default()
    }
}
