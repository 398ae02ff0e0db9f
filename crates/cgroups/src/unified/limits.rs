//! Limits as files of cgroup v2, converted from v1's values. Pure.
//!
//! Source: `Documentation/admin-guide/cgroup-v2.rst`; the conversions are those of runc and crun, so that a container gets the
//! same limits from every runtime.

use corten_spec::runtime::{BlockIo, Cpu, Memory, Resources, ThrottleDevice};

use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::plan::Write;
use crate::values;

/// The writes that set the limits of one controller, in order.
///
/// # Errors
/// [`CgroupsError::Value`] and [`CgroupsError::Unsupported`] for what v2 cannot do.
pub(crate) fn plan(controller: Controller, resources: &Resources) -> Result<Vec<Write>, CgroupsError> {
    match controller {
        Controller::Memory => resources.memory.as_ref().map_or(Ok(vec![]), memory),
        Controller::Cpu => resources.cpu.as_ref().map_or(Ok(vec![]), cpu),
        Controller::CpuSet => Ok(resources.cpu.as_ref().map_or(vec![], values::cpu_set)),
        Controller::Pids => Ok(values::pids(resources)),
        Controller::BlockIo => resources.block_io.as_ref().map_or(Ok(vec![]), block_io),
        Controller::HugePages => values::huge_pages(resources, "max"),
        Controller::Rdma => values::rdma(resources),
        Controller::NetClass
        | Controller::NetPriority
        | Controller::CpuAccounting
        | Controller::Devices
        | Controller::Freezer => Ok(vec![]),
    }
}

/// The writes of the `unified` map, which names files itself.
///
/// # Errors
/// [`CgroupsError::Value`] for what is no file of a controller.
pub(crate) fn verbatim(resources: &Resources) -> Result<Vec<Write>, CgroupsError> {
    let write = |(file, value): (&String, &String)| {
        if file.contains('/') {
            return Err(CgroupsError::Value(format!(
                "unified resource {file:?} must be a file name (no slashes)"
            )));
        }
        // These move processes or end them: no limits.
        let controls = ["cgroup.procs", "cgroup.threads", "cgroup.kill", "cgroup.freeze", "cgroup.type"];
        if !file.contains('.') || file.starts_with('.') || controls.contains(&file.as_str()) {
            return Err(CgroupsError::Value(format!(
                "unified resource {file:?} must be a limit of a controller"
            )));
        }
        Ok(Write::new(file, value))
    };
    resources.unified.iter().map(write).collect()
}

fn memory(limits: &Memory) -> Result<Vec<Write>, CgroupsError> {
    values::refuse_kernel_memory(limits)?;
    if limits.disable_oom_killer == Some(true) {
        return Err(unsupported("the out-of-memory killer's absence"));
    }
    if limits.swappiness.is_some_and(|percent| percent != u64::MAX) {
        return Err(unsupported("memory swappiness"));
    }
    let (limit, both) = (limits.limit.unwrap_or(0), limits.swap.unwrap_or(0));
    let mut writes = Vec::new();
    if let Some(swap) = swap_alone(both, limit)? {
        let write = Write::new("memory.swap.max", max(swap));
        // A kernel without swap has no swap beyond the limit either.
        writes.push(if swap <= 0 { write.or_skip() } else { write });
    }
    if limit != 0 {
        writes.push(Write::new("memory.max", max(limit)));
    }
    if let Some(bytes) = limits.reservation.filter(|bytes| *bytes != 0) {
        writes.push(Write::new("memory.low", max(bytes)));
    }
    Ok(writes)
}

/// v1 limits memory and swap together, v2 swap alone. Bytes, -1 for unlimited, nothing to leave it.
fn swap_alone(both: i64, memory: i64) -> Result<Option<i64>, CgroupsError> {
    match (both, memory) {
        (0, -1) | (-1, _) => Ok(Some(-1)),
        (0, _) => Ok(None),
        (both, -1) => Ok(Some(both)),
        (_, 0) => Err(CgroupsError::Value("unable to set swap limit without memory limit".to_owned())),
        (_, memory) if memory < 0 => Err(CgroupsError::Value(format!("invalid memory value: {memory}"))),
        (both, memory) if both < memory => {
            Err(CgroupsError::Value("memory+swap limit should be >= memory limit".to_owned()))
        }
        (both, memory) => Ok(Some(both - memory)),
    }
}

/// Microseconds of a period where none is given (`cpu.max`).
const PERIOD: u64 = 100_000;

fn cpu(limits: &Cpu) -> Result<Vec<Write>, CgroupsError> {
    if limits.realtime_period.is_some_and(|us| us != 0) || limits.realtime_runtime.is_some_and(|us| us != 0) {
        return Err(unsupported("real-time CPU time"));
    }
    let mut writes = Vec::new();
    if let Some(idle) = limits.idle {
        writes.push(Write::new("cpu.idle", idle));
    }
    if let Some(shares) = limits.shares.filter(|shares| *shares != 0) {
        writes.push(Write::new("cpu.weight", weight_of_shares(shares)));
    }
    if let Some(burst) = limits.burst {
        writes.push(Write::new("cpu.max.burst", burst).or_later());
    }
    let (quota, period) = (limits.quota.unwrap_or(0), limits.period.unwrap_or(0));
    if quota != 0 || period != 0 {
        let quota = if quota > 0 { quota.to_string() } else { "max".to_owned() };
        writes.push(Write::new("cpu.max", format!("{quota} {}", if period == 0 { PERIOD } else { period })));
    }
    Ok(writes)
}

/// Maps 2 … 1024 … 262144 to 1 … 100 … 10000, the bounds and defaults of both scales: a quadratic in the logarithms, as runc
/// since 1.3.2 and crun since 1.23 have it. (The older straight line gave the default of v1, 1024, a weight of 39.)
fn weight_of_shares(shares: u64) -> u64 {
    match shares {
        0..=2 => 1,
        262_144.. => 10_000,
        _ => {
            let log = (shares as f64).log2();
            let exponent = (log * log + 125.0 * log) / 612.0 - 7.0 / 34.0;
            10f64.powf(exponent).ceil() as u64
        }
    }
}

fn block_io(limits: &BlockIo) -> Result<Vec<Write>, CgroupsError> {
    let leaf = |weight: Option<u16>| weight.is_some_and(|weight| weight != 0);
    if leaf(limits.leaf_weight) || limits.weight_device.iter().any(|device| leaf(device.leaf_weight)) {
        return Err(unsupported("block I/O leaf weights"));
    }
    let mut writes = Vec::new();
    if let Some(weight) = limits.weight.filter(|weight| *weight != 0) {
        writes.push(Write::new("io.bfq.weight", weight).or("io.weight", io_weight(weight)));
    }
    for device in &limits.weight_device {
        if let Some(weight) = device.weight.filter(|weight| *weight != 0) {
            let at = format!("{}:{}", device.major, device.minor);
            let instead = format!("{at} {}", io_weight(weight));
            writes.push(Write::new("io.bfq.weight", format!("{at} {weight}")).or("io.weight", instead));
        }
    }
    let mut throttle = |key: &str, devices: &[ThrottleDevice]| {
        writes.extend(devices.iter().map(|device| {
            Write::new("io.max", format!("{}:{} {key}={}", device.major, device.minor, device.rate))
        }));
    };
    throttle("rbps", &limits.throttle_read_bps_device);
    throttle("wbps", &limits.throttle_write_bps_device);
    throttle("riops", &limits.throttle_read_iops_device);
    throttle("wiops", &limits.throttle_write_iops_device);
    Ok(writes)
}

/// Maps 10 … 1000 to 1 … 10000.
fn io_weight(weight: u16) -> u64 {
    1 + u64::from(weight).saturating_sub(10) * 9999 / 990
}

fn max(value: i64) -> String {
    if value == -1 { "max".to_owned() } else { value.to_string() }
}

fn unsupported(limit: &str) -> CgroupsError {
    CgroupsError::Unsupported { limit: limit.to_owned(), reason: "cgroup v2 does not have it" }
}
