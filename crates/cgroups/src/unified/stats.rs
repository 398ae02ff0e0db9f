//! What a cgroup uses, as the files of v2 tell it.

use std::path::Path;

use crate::error::CgroupsError;
use crate::file;
use crate::stats::{BlockIoEntry, BlockIoStats, CpuStats, MemoryStats};

pub(crate) fn memory(directory: &Path) -> Result<Option<MemoryStats>, CgroupsError> {
    let number = |name: &str| file::number(&directory.join(name));
    let Some(current) = number("memory.current")? else { return Ok(None) };
    Ok(Some(MemoryStats {
        current,
        peak: None,
        limit: number("memory.max")?,
        failures: file::keyed(&directory.join("memory.events"), "oom")?.unwrap_or(0),
        details: file::table(&directory.join("memory.stat"))?,
    }))
}

pub(crate) fn cpu(directory: &Path) -> Result<Option<CpuStats>, CgroupsError> {
    let counters = file::table(&directory.join("cpu.stat"))?;
    let count = |name: &str| counters.get(name).copied().unwrap_or(0);
    let nanoseconds = |name: &str| count(name).saturating_mul(1000);
    Ok(counters.contains_key("usage_usec").then(|| CpuStats {
        total: nanoseconds("usage_usec"),
        user: nanoseconds("user_usec"),
        system: nanoseconds("system_usec"),
        per_cpu: Vec::new(),
        periods: count("nr_periods"),
        throttled_periods: count("nr_throttled"),
        throttled: nanoseconds("throttled_usec"),
    }))
}

pub(crate) fn block_io(directory: &Path) -> Result<Option<BlockIoStats>, CgroupsError> {
    Ok(file::read(&directory.join("io.stat"))?.map(|text| BlockIoStats {
        bytes: counters(&text, [("read", "rbytes="), ("write", "wbytes=")]),
        operations: counters(&text, [("read", "rios="), ("write", "wios=")]),
    }))
}

/// Two counters of each line of `8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`.
fn counters(text: &str, names: [(&str, &str); 2]) -> Vec<BlockIoEntry> {
    let mut entries = Vec::new();
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let device = words.next().and_then(|device| device.split_once(':'));
        let numbers = device.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let words: Vec<&str> = words.collect();
        // A device that has counted nothing stands alone in its line.
        let Some((major, minor)) = numbers.filter(|_| !words.is_empty()) else { continue };
        entries.extend(names.iter().map(|(operation, prefix)| {
            let value = words.iter().find_map(|word| word.strip_prefix(prefix)?.parse().ok()).unwrap_or(0);
            BlockIoEntry { major, minor, operation: (*operation).to_owned(), value }
        }));
    }
    entries
}
