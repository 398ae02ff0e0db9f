//! What a cgroup uses, as the files of v1 tell it.

use std::path::Path;

use crate::error::CgroupsError;
use crate::file;
use crate::stats::{BlockIoEntry, BlockIoStats, CpuStats, MemoryStats};

/// v1 writes "no limit" as the greatest number of whole pages.
const UNLIMITED: u64 = (i64::MAX as u64) & !0xffff;

/// Nanoseconds of one of the hundredths of a second that `cpuacct.stat` counts in.
const TICK: u64 = 10_000_000;

pub(crate) fn memory(directory: &Path) -> Result<Option<MemoryStats>, CgroupsError> {
    let number = |name: &str| file::number(&directory.join(name));
    let Some(current) = number("memory.usage_in_bytes")? else { return Ok(None) };
    Ok(Some(MemoryStats {
        current,
        peak: number("memory.max_usage_in_bytes")?,
        limit: number("memory.limit_in_bytes")?.filter(|bytes| *bytes < UNLIMITED),
        failures: number("memory.failcnt")?.unwrap_or(0),
        details: file::table(&directory.join("memory.stat"))?,
    }))
}

/// The time is accounted for by one controller and bounded by another, which may be mounted elsewhere.
pub(crate) fn cpu(accounting: &Path, bounds: &Path) -> Result<Option<CpuStats>, CgroupsError> {
    let Some(total) = file::number(&accounting.join("cpuacct.usage"))? else { return Ok(None) };
    let ticks = file::table(&accounting.join("cpuacct.stat"))?;
    let part = |name: &str| ticks.get(name).map_or(0, |ticks| ticks.saturating_mul(TICK));
    let per_cpu = file::read(&accounting.join("cpuacct.usage_percpu"))?.unwrap_or_default();
    let throttling = file::table(&bounds.join("cpu.stat"))?;
    let throttled = |name: &str| throttling.get(name).copied().unwrap_or(0);
    Ok(Some(CpuStats {
        total,
        user: part("user"),
        system: part("system"),
        per_cpu: per_cpu.split_ascii_whitespace().filter_map(|time| time.parse().ok()).collect(),
        periods: throttled("nr_periods"),
        throttled_periods: throttled("nr_throttled"),
        throttled: throttled("throttled_time"),
    }))
}

/// Those of the throttle, which counts whatever the scheduler of a device is.
pub(crate) fn block_io(directory: &Path) -> Result<Option<BlockIoStats>, CgroupsError> {
    let entries = |name: &str| file::read(&directory.join(name)).map(|text| text.map(|text| parse(&text)));
    let Some(bytes) = entries("blkio.throttle.io_service_bytes")? else { return Ok(None) };
    let operations = entries("blkio.throttle.io_serviced")?.unwrap_or_default();
    Ok(Some(BlockIoStats { bytes, operations }))
}

/// Lines of `8:0 Read 4096`, and a last one with the total of all devices, which is left out.
fn parse(text: &str) -> Vec<BlockIoEntry> {
    let entry = |line: &str| {
        let (device, rest) = line.split_once(' ')?;
        let (major, minor) = device.split_once(':')?;
        let (operation, value) = rest.rsplit_once(' ')?;
        Some(BlockIoEntry {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
            operation: operation.to_owned(),
            value: value.parse().ok()?,
        })
    };
    text.lines().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_device_has_a_line_for_each_operation_and_the_total_of_all_is_none() {
        let entries = parse("8:16 Read 4096\n8:16 Discard 0\nTotal 4096\n");
        let shown: Vec<String> = entries
            .iter()
            .map(|entry| format!("{}:{} {} {}", entry.major, entry.minor, entry.operation, entry.value))
            .collect();
        assert_eq!(shown, ["8:16 Read 4096", "8:16 Discard 0"]);
    }
}
