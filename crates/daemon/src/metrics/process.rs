//! Figures of the daemon's own process (proc_pid_stat(5)), under the names that all of Prometheus's clients give them.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

/// What the process has used and may use; what cannot be read is 0.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Figures {
    pub(super) cpu_seconds: f64,
    pub(super) open_descriptors: u64,
    pub(super) most_descriptors: u64,
    pub(super) virtual_bytes: u64,
    pub(super) resident_bytes: u64,
    /// Since the epoch.
    pub(super) started_at: f64,
}

/// Reads them.
pub(super) fn figures() -> Figures {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let system = fs::read_to_string("/proc/stat").unwrap_or_default();
    Figures {
        open_descriptors: fs::read_dir("/proc/self/fd").map_or(0, |open| open.count() as u64),
        most_descriptors: getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX),
        ..read(&stat, &system, clock_ticks_per_second(), page_size() as u64)
    }
}

/// What `/proc/self/stat` and `/proc/stat` say.
fn read(stat: &str, system: &str, ticks_per_second: u64, page: u64) -> Figures {
    // The name before it may hold anything.
    let fields: Vec<u64> = stat
        .rsplit_once(')')
        .map_or("", |(_, fields)| fields)
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0))
        .collect();
    // The first of them is the third of the manual page's.
    let field = |number: usize| fields.get(number - 3).copied().unwrap_or(0);
    let seconds = |ticks: u64| ticks as f64 / ticks_per_second as f64;
    let booted = system.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<u64>().ok());
    Figures {
        cpu_seconds: seconds(field(14) + field(15)),
        virtual_bytes: field(23),
        resident_bytes: field(24) * page,
        started_at: booted.unwrap_or(0) as f64 + seconds(field(22)),
        ..Figures::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name() {
        let stat = "7 (a) 1 b) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 9 0 1000 4096000 25 18446744073709551615 1";
        let found = read(stat, "cpu 1\nbtime 1700000000\nprocesses 1\n", 100, 4096);
        let expected = Figures {
            cpu_seconds: 2.0,
            virtual_bytes: 4_096_000,
            resident_bytes: 102_400,
            started_at: 1_700_000_010.0,
            ..Figures::default()
        };
        assert_eq!(found, expected);
        assert_eq!(read("", "", 100, 4096), Figures::default());
    }

    #[test]
    fn this_process_has_figures() {
        let figures = figures();
        assert!(
            figures.open_descriptors > 2 && figures.resident_bytes > 0 && figures.started_at > 1e9,
            "{figures:?}"
        );
    }
}
