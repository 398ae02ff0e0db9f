//! Paths that a container must not read or write unless it is privileged.
//! Whether a path exists is not asked here: a runtime passes over those that do not.

/// Docker's masked paths, without those of single CPUs ([`thermal_throttle_paths`]).
///
/// Interrupt counts tell what others on the host do (GHSA-6fw5-f8r9-fgfm), energy counters leak keys
/// (GHSA-jq35-85cj-fj4p).
pub fn default_masked_paths() -> Vec<String> {
    [
        "/proc/acpi",
        "/proc/asound",
        "/proc/interrupts",
        "/proc/kcore",
        "/proc/keys",
        "/proc/latency_stats",
        "/proc/sched_debug",
        "/proc/scsi",
        "/proc/timer_list",
        "/proc/timer_stats",
        "/sys/devices/virtual/powercap",
        "/sys/firmware",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The throttling counters of the first `possible_cpus` CPUs, which Docker masks where they exist (GHSA-6fw5-f8r9-fgfm).
///
/// Apart from [`default_masked_paths`] because most virtual machines have none and some hosts have hundreds of CPUs:
/// who starts containers looks once.
pub fn thermal_throttle_paths(possible_cpus: u32) -> Vec<String> {
    (0..possible_cpus).map(|cpu| format!("/sys/devices/system/cpu/cpu{cpu}/thermal_throttle")).collect()
}

/// Docker's read-only paths.
pub fn default_readonly_paths() -> Vec<String> {
    ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"].map(str::to_owned).to_vec()
}
