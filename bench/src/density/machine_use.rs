//! How much of the machine is in use.

use std::fs;
use std::time::Duration;

/// What clocks of processors count in (`USER_HZ`, the same on every machine).
const TICKS_PER_SECOND: u64 = 100;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MachineUse {
    /// Time that processors were not idle, since the machine began, of all of them.
    pub(super) busy: Duration,
    /// What is not available to others without swapping, in kB.
    pub(super) memory: u64,
}

impl MachineUse {
    pub(super) fn now() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        Self { busy: busy(&read("/proc/stat")), memory: taken(&read("/proc/meminfo")) }
    }
}

/// From `/proc/stat` (proc_stat(5)): user, nice, system, then idle and waiting, then interrupts of both kinds and what others took.
fn busy(stat: &str) -> Duration {
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<u64> =
        line.split_ascii_whitespace().skip(1).filter_map(|ticks| ticks.parse().ok()).collect();
    let sum =
        ticks.iter().enumerate().filter(|(place, _)| matches!(place, 0..=2 | 5..=6)).map(|(_, ticks)| ticks);
    Duration::from_millis(sum.sum::<u64>() * (1000 / TICKS_PER_SECOND))
}

/// From `/proc/meminfo` (proc_meminfo(5)).
fn taken(info: &str) -> u64 {
    let field = |name: &str| -> u64 {
        let line = info.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse().ok()).unwrap_or_default()
    };
    field("MemTotal:").saturating_sub(field("MemAvailable:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_and_stolen_time_is_not_busy() {
        let stat = "cpu  100 20 30 4000 500 6 7 80 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(busy(stat), Duration::from_millis(1630));
    }

    #[test]
    fn memory_that_others_may_have_is_not_taken() {
        assert_eq!(taken("MemTotal:   1000 kB\nMemFree:  1 kB\nMemAvailable:    300 kB\n"), 700);
    }
}
