//! Limits as files of v1 controllers. Pure.
//!
//! CPU sets and devices have files of their own rules: [`super::cpuset`], [`crate::devices`].

use corten_spec::runtime::{BlockIo, Cpu, Memory, Network, Resources, ThrottleDevice};

use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::plan::Write;
use crate::values;

/// The writes that set the limits of one controller, in order.
///
/// `memory_limit` is the present limit of a cgroup that is being updated, nothing for a new one.
///
/// # Errors
/// [`CgroupsError::Value`] and [`CgroupsError::Unsupported`] for what v1 cannot do.
pub(crate) fn plan(
    controller: Controller,
    resources: &Resources,
    memory_limit: Option<u64>,
) -> Result<Vec<Write>, CgroupsError> {
    match controller {
        Controller::Memory => {
            resources.memory.as_ref().map_or(Ok(vec![]), |limits| memory(limits, memory_limit))
        }
        Controller::Cpu => resources.cpu.as_ref().map_or(Ok(vec![]), cpu),
        Controller::CpuSet => Ok(resources.cpu.as_ref().map_or(vec![], values::cpu_set)),
        Controller::Pids => Ok(values::pids(resources)),
        Controller::BlockIo => Ok(resources.block_io.as_ref().map_or(vec![], block_io)),
        Controller::HugePages => values::huge_pages(resources, "limit_in_bytes"),
        Controller::NetClass => Ok(resources.network.as_ref().map_or(vec![], net_class)),
        Controller::NetPriority => resources.network.as_ref().map_or(Ok(vec![]), net_priority),
        Controller::Rdma => values::rdma(resources),
        Controller::CpuAccounting | Controller::Devices | Controller::Freezer => Ok(vec![]),
    }
}

fn memory(limits: &Memory, present: Option<u64>) -> Result<Vec<Write>, CgroupsError> {
    values::refuse_kernel_memory(limits)?;
    let limit = limits.limit.filter(|bytes| *bytes != 0);
    let mut both = limits.swap.filter(|bytes| *bytes != 0);
    let mut writes: Vec<Write> = Vec::new();
    let limit_write = limit.map(|bytes| Write::new("memory.limit_in_bytes", bytes));
    let mut swap_write = both.map(|bytes| Write::new("memory.memsw.limit_in_bytes", bytes));
    if limit == Some(-1) && both.is_none() {
        // Unlimited memory under a limit of memory and swap together would be refused.
        both = Some(-1);
        swap_write = Some(Write::new("memory.memsw.limit_in_bytes", -1).or_skip());
    }
    // The kernel keeps limit <= memsw at every moment: when raising, memsw goes first; when lowering, last.
    let raising = match (limit, both) {
        (Some(_), Some(-1)) => true,
        (Some(_), Some(both)) => present.is_some_and(|present| i128::from(present) < i128::from(both)),
        _ => false,
    };
    if raising {
        writes.extend(swap_write.into_iter().chain(limit_write));
    } else {
        writes.extend(limit_write.into_iter().chain(swap_write));
    }
    if let Some(bytes) = limits.reservation.filter(|bytes| *bytes != 0) {
        writes.push(Write::new("memory.soft_limit_in_bytes", bytes));
    }
    if limits.disable_oom_killer == Some(true) {
        writes.push(Write::new("memory.oom_control", 1));
    }
    match limits.swappiness {
        // -1, as Docker's clients write "leave it".
        None | Some(u64::MAX) => {}
        Some(percent @ 0..=100) => writes.push(Write::new("memory.swappiness", percent)),
        Some(percent) => {
            return Err(CgroupsError::Value(format!(
                "invalid memory swappiness value: {percent} (valid range is 0-100)"
            )));
        }
    }
    Ok(writes)
}

/// The kernel silently cuts shares to these bounds.
const SHARES: std::ops::RangeInclusive<u64> = 2..=262_144;

fn cpu(limits: &Cpu) -> Result<Vec<Write>, CgroupsError> {
    let mut writes = Vec::new();
    if let Some(shares) = limits.shares.filter(|shares| *shares != 0) {
        if shares > *SHARES.end() {
            return Err(CgroupsError::Value(format!("the maximum allowed cpu-shares is {}", SHARES.end())));
        }
        if shares < *SHARES.start() {
            return Err(CgroupsError::Value(format!("the minimum allowed cpu-shares is {}", SHARES.start())));
        }
        writes.push(Write::new("cpu.shares", shares));
    }
    // Each is checked against the others and the parent's: which order passes depends on what was set before.
    if let Some(period) = limits.period.filter(|period| *period != 0) {
        writes.push(Write::new("cpu.cfs_period_us", period).or_later());
    }
    if let Some(burst) = limits.burst {
        writes.push(Write::new("cpu.cfs_burst_us", burst).or_later());
    }
    if let Some(quota) = limits.quota.filter(|quota| *quota != 0) {
        writes.push(Write::new("cpu.cfs_quota_us", quota));
    }
    if let Some(idle) = limits.idle {
        writes.push(Write::new("cpu.idle", idle));
    }
    if let Some(period) = limits.realtime_period.filter(|period| *period != 0) {
        writes.push(Write::new("cpu.rt_period_us", period).or_later());
    }
    if let Some(runtime) = limits.realtime_runtime.filter(|runtime| *runtime != 0) {
        writes.push(Write::new("cpu.rt_runtime_us", runtime));
    }
    Ok(writes)
}

/// The CFQ scheduler's files where the kernel has them, else BFQ's.
fn block_io(limits: &BlockIo) -> Vec<Write> {
    let mut writes = Vec::new();
    if let Some(weight) = limits.weight.filter(|weight| *weight != 0) {
        writes.push(Write::new("blkio.weight", weight).or("blkio.bfq.weight", weight));
    }
    if let Some(weight) = limits.leaf_weight.filter(|weight| *weight != 0) {
        writes.push(Write::new("blkio.leaf_weight", weight));
    }
    for device in &limits.weight_device {
        let line = |weight: u16| format!("{}:{} {weight}", device.major, device.minor);
        if let Some(weight) = device.weight.filter(|weight| *weight != 0) {
            writes.push(
                Write::new("blkio.weight_device", line(weight)).or("blkio.bfq.weight_device", line(weight)),
            );
        }
        if let Some(weight) = device.leaf_weight.filter(|weight| *weight != 0) {
            writes.push(Write::new("blkio.leaf_weight_device", line(weight)));
        }
    }
    let mut throttle =
        |file: &str, devices: &[ThrottleDevice]| {
            writes.extend(devices.iter().map(|device| {
                Write::new(file, format!("{}:{} {}", device.major, device.minor, device.rate))
            }));
        };
    throttle("blkio.throttle.read_bps_device", &limits.throttle_read_bps_device);
    throttle("blkio.throttle.write_bps_device", &limits.throttle_write_bps_device);
    throttle("blkio.throttle.read_iops_device", &limits.throttle_read_iops_device);
    throttle("blkio.throttle.write_iops_device", &limits.throttle_write_iops_device);
    writes
}

fn net_class(limits: &Network) -> Vec<Write> {
    limits.class_id.map(|class| Write::new("net_cls.classid", class)).into_iter().collect()
}

fn net_priority(limits: &Network) -> Result<Vec<Write>, CgroupsError> {
    let line = |one: &corten_spec::runtime::InterfacePriority| {
        values::word("network interface", &one.name)?;
        Ok(Write::new("net_prio.ifpriomap", format!("{} {}", one.name, one.priority)))
    };
    limits.priorities.iter().map(line).collect()
}
