//! Limits, in the words of the OCI configuration; checked as Docker checks them.

use std::collections::BTreeMap;

use corten_spec::runtime::{BlockIo, Cpu, Memory, Pids, Resources, ThrottleDevice, WeightDevice};

use crate::containers::config::{BlockDeviceConfig, ResourcesConfig};
use crate::error::EngineError;

/// Docker's smallest memory limit: below it not even a runtime's own start fits.
const SMALLEST_MEMORY: i64 = 6 * 1024 * 1024;

/// Microseconds: the period against which `--cpus` is measured.
const PERIOD: i64 = 100_000;

const BILLION: i64 = 1_000_000_000;

/// Major and minor numbers of block devices by path.
pub(in crate::containers) type BlockDevices = BTreeMap<String, (i64, i64)>;

/// Checks the limits of a new container.
pub(super) fn validate(limits: &ResourcesConfig) -> Result<(), EngineError> {
    if limits.memory == 0 && limits.memory_swap > 0 {
        let text = "You should always set the Memory limit when using Memoryswap limit, see usage";
        return Err(EngineError::Invalid(text.to_owned()));
    }
    validate_change(limits)
}

/// Checks limits that are to change; those that are not named are checked by what they are laid over.
///
/// # Errors
/// Docker's texts.
pub(in crate::containers) fn validate_change(limits: &ResourcesConfig) -> Result<(), EngineError> {
    let memory = memory_complaint(limits).map(str::to_owned);
    let complaint = memory.or_else(|| cpu_complaint(limits)).or_else(|| other_complaint(limits));
    complaint.map_or(Ok(()), |complaint| Err(EngineError::Invalid(complaint)))
}

fn memory_complaint(limits: &ResourcesConfig) -> Option<&'static str> {
    let ResourcesConfig { memory, memory_swap, memory_reservation, .. } = *limits;
    if memory != 0 && memory < SMALLEST_MEMORY {
        Some("Minimum memory limit allowed is 6MB")
    } else if memory > 0 && memory_swap > 0 && memory_swap < memory {
        Some("Minimum memoryswap limit should be larger than memory limit, see usage")
    } else if memory_reservation != 0 && memory_reservation < SMALLEST_MEMORY {
        Some("Minimum memory reservation allowed is 6MB")
    } else if memory > 0 && memory_reservation > memory {
        Some("Minimum memory limit can not be less than memory reservation limit, see usage")
    } else {
        None
    }
}

fn cpu_complaint(limits: &ResourcesConfig) -> Option<String> {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let most = i64::try_from(cpus).unwrap_or(i64::MAX).saturating_mul(BILLION);
    if limits.nano_cpus > 0 && (limits.cpu_period > 0 || limits.cpu_quota > 0) {
        let other = if limits.cpu_period > 0 { "Period" } else { "Quota" };
        return Some(format!("Conflicting options: Nano CPUs and CPU {other} cannot both be set"));
    }
    if limits.nano_cpus < 0 || limits.nano_cpus > most {
        return Some(format!(
            "range of CPUs is from 0.01 to {cpus}.00, as there are only {cpus} CPUs available"
        ));
    }
    if limits.cpu_period != 0 && !(1_000..=1_000_000).contains(&limits.cpu_period) {
        return Some(
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)".to_owned(),
        );
    }
    if limits.cpu_quota > 0 && limits.cpu_quota < 1_000 {
        return Some("CPU cfs quota can not be less than 1ms (i.e. 1000)".to_owned());
    }
    (limits.cpu_shares < 0)
        .then(|| format!("invalid CPU shares ({}): value must be a positive integer", limits.cpu_shares))
}

fn other_complaint(limits: &ResourcesConfig) -> Option<String> {
    if let Some(swappiness) = limits.memory_swappiness.filter(|value| !(0..=100).contains(value)) {
        return Some(format!("Invalid value: {swappiness}, valid memory swappiness range is 0-100"));
    }
    let weight = limits.block_io.weight;
    (weight > 0 && !(10..=1000).contains(&weight))
        .then(|| "Range of blkio weight is from 10 to 1000".to_owned())
}

/// Limits in the words of the OCI configuration.
///
/// # Errors
/// A block device whose numbers are not among `devices`.
pub(in crate::containers) fn plan(
    limits: &ResourcesConfig,
    devices: &BlockDevices,
) -> Result<Resources, EngineError> {
    Ok(Resources {
        memory: memory(limits),
        cpu: cpu(limits),
        pids: pids(limits),
        block_io: block_io(limits, devices)?,
        ..Resources::default()
    })
}

fn memory(limits: &ResourcesConfig) -> Option<Memory> {
    let set = |value: i64| (value != 0).then_some(value);
    let limit = set(limits.memory);
    // Docker: a memory limit alone allows as much again in swap.
    let swap = set(limits.memory_swap).or_else(|| limit.map(|limit| limit.saturating_mul(2)));
    let reservation = set(limits.memory_reservation);
    let memory = Memory {
        limit,
        swap,
        reservation,
        swappiness: limits.memory_swappiness.and_then(|percent| u64::try_from(percent).ok()),
        disable_oom_killer: limits.oom_kill_disable,
        ..Memory::default()
    };
    (memory != Memory::default()).then_some(memory)
}

fn cpu(limits: &ResourcesConfig) -> Option<Cpu> {
    let positive = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
    let (quota, period) = if limits.nano_cpus > 0 {
        (Some(limits.nano_cpus * PERIOD / BILLION), positive(PERIOD))
    } else {
        ((limits.cpu_quota != 0).then_some(limits.cpu_quota), positive(limits.cpu_period))
    };
    let cpu = Cpu {
        shares: positive(limits.cpu_shares),
        quota,
        period,
        realtime_period: positive(limits.cpu_realtime_period),
        realtime_runtime: (limits.cpu_realtime_runtime != 0).then_some(limits.cpu_realtime_runtime),
        cpus: limits.cpuset_cpus.clone(),
        mems: limits.cpuset_mems.clone(),
        ..Cpu::default()
    };
    (cpu != Cpu::default()).then_some(cpu)
}

fn pids(limits: &ResourcesConfig) -> Option<Pids> {
    let limit = limits.pids_limit?;
    Some(Pids { limit: Some(if limit > 0 { limit } else { -1 }) })
}

fn block_io(limits: &ResourcesConfig, devices: &BlockDevices) -> Result<Option<BlockIo>, EngineError> {
    let limits = &limits.block_io;
    let number = |path: &str| {
        let number = devices.get(path).copied();
        number.ok_or_else(|| EngineError::Invalid(format!("the block device `{path}` is not known")))
    };
    let weight = |device: &BlockDeviceConfig| {
        let (major, minor) = number(&device.path)?;
        let weight = u16::try_from(device.value).ok();
        Ok(WeightDevice { major, minor, weight, leaf_weight: None })
    };
    let throttle = |list: &[BlockDeviceConfig]| -> Result<Vec<ThrottleDevice>, EngineError> {
        let device = |device: &BlockDeviceConfig| {
            let (major, minor) = number(&device.path)?;
            Ok(ThrottleDevice { major, minor, rate: device.value })
        };
        list.iter().map(device).collect()
    };
    let block_io = BlockIo {
        weight: (limits.weight != 0).then_some(limits.weight),
        leaf_weight: None,
        weight_device: limits.weight_device.iter().map(weight).collect::<Result<_, EngineError>>()?,
        throttle_read_bps_device: throttle(&limits.read_bps)?,
        throttle_write_bps_device: throttle(&limits.write_bps)?,
        throttle_read_iops_device: throttle(&limits.read_iops)?,
        throttle_write_iops_device: throttle(&limits.write_iops)?,
    };
    Ok((block_io != BlockIo::default()).then_some(block_io))
}

#[cfg(test)]
mod tests {
    use super::{BlockDevices, plan, validate};
    use crate::containers::config::ResourcesConfig;

    #[test]
    fn a_fraction_of_a_cpu_is_a_quota_of_the_period() {
        let limits = ResourcesConfig { nano_cpus: 200_000_000, ..ResourcesConfig::default() };
        let cpu = plan(&limits, &BlockDevices::new()).unwrap().cpu.unwrap();
        assert_eq!((cpu.quota, cpu.period), (Some(20_000), Some(100_000)));
    }

    #[test]
    fn a_memory_limit_alone_allows_as_much_again_in_swap() {
        let limits = ResourcesConfig { memory: 64 << 20, ..ResourcesConfig::default() };
        let memory = plan(&limits, &BlockDevices::new()).unwrap().memory.unwrap();
        assert_eq!((memory.limit, memory.swap), (Some(64 << 20), Some(128 << 20)));
    }

    #[test]
    fn too_little_memory_is_refused_in_dockers_words() {
        let limits = ResourcesConfig { memory: 1024, ..ResourcesConfig::default() };
        assert_eq!(validate(&limits).unwrap_err().to_string(), "Minimum memory limit allowed is 6MB");
    }
}
