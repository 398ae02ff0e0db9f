//! The machine that a result was made on, and how busy it was.
//!
//! Figures without it say nothing.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use corten_spec::time::Timestamp;
use serde::Serialize;

/// What a reader has to know.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// RFC 3339, UTC.
    pub date: String,
    /// The processor's name.
    pub processor: String,
    /// How many of them this process may use.
    pub processors: usize,
    /// In bytes.
    pub memory: u64,
    /// Release and architecture.
    pub kernel: String,
    /// Which hierarchies there are.
    pub cgroups: String,
    /// Of the directory with the containers.
    pub file_system: String,
    /// Of the measurement and all that it starts; below zero it goes before whatever else the machine does.
    pub niceness: i32,
    /// Over one, five and fifteen minutes, before the first sample.
    pub load_before: String,
    /// After the last.
    pub load_after: String,
}

impl Machine {
    /// Looks around; `directory` is where the containers will be.
    #[must_use]
    pub fn look(directory: &Path) -> Machine {
        let mounts = read("/proc/self/mountinfo");
        let system = rustix::system::uname();
        let kernel = format!("{} {}", system.release().to_string_lossy(), system.machine().to_string_lossy());
        Machine {
            date: Timestamp::from_system_time(SystemTime::now()).rfc3339_nano(),
            processor: field(&read("/proc/cpuinfo"), "model name").unwrap_or("unknown").to_owned(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            memory: kilobytes(field(&read("/proc/meminfo"), "MemTotal")),
            kernel,
            cgroups: hierarchies(&mounts),
            file_system: file_system(&mounts, directory).unwrap_or("unknown").to_owned(),
            niceness: rustix::process::getpriority_process(None).unwrap_or(0),
            load_before: load(),
            load_after: String::new(),
        }
    }

    /// Says how busy the machine is now, after all samples.
    pub fn finish(&mut self) {
        self.load_after = load();
    }

    /// Year, month and day.
    #[must_use]
    pub fn day(&self) -> &str {
        self.date.split('T').next().unwrap_or(&self.date)
    }

    /// For a page of results.
    #[must_use]
    pub fn describe(&self) -> String {
        format!(
            "{}. {} processor(s), {}, {} MB of memory; Linux {}; cgroups {}; {}. Niceness {}; load before {}, after {}.",
            self.date,
            self.processors,
            self.processor,
            self.memory / 1_000_000,
            self.kernel,
            self.cgroups,
            self.file_system,
            self.niceness,
            self.load_before,
            self.load_after
        )
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The first three fields of proc_loadavg(5).
fn load() -> String {
    read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// The value of the first line `NAME : VALUE`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}

fn kilobytes(value: Option<&str>) -> u64 {
    let number =
        value.and_then(|value| value.split(' ').next()).and_then(|number| number.parse::<u64>().ok());
    number.unwrap_or(0) * 1024
}

fn hierarchies(mounts: &str) -> String {
    let count = |kind: &str| mounts.lines().filter(|line| line.contains(&format!(" - {kind} "))).count();
    match (count("cgroup"), count("cgroup2")) {
        (0, 0) => "none".to_owned(),
        (0, _) => "v2".to_owned(),
        (legacy, 0) => format!("v1 ({legacy} hierarchies)"),
        (legacy, _) => format!("hybrid ({legacy} hierarchies of v1 beside v2)"),
    }
}

/// The type of the mount with the longest mount point above `directory`.
fn file_system<'a>(mounts: &'a str, directory: &Path) -> Option<&'a str> {
    let above = mounts.lines().filter_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let point = place.split(' ').nth(4)?;
        directory.starts_with(point).then(|| (point.len(), kind.split(' ').next()))
    });
    // Of mounts on one point the last is on top, which `max_by_key` prefers.
    above.max_by_key(|(length, _)| *length)?.1
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "23 1 8:1 / / rw - ext4 /dev/root rw\n\
                          31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
                          32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                          41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
                          50 23 0:40 / /tmp rw - tmpfs tmpfs rw\n";

    #[test]
    fn hierarchies_and_file_systems_come_from_the_mount_table() {
        assert_eq!(hierarchies(MOUNTS), "hybrid (1 hierarchies of v1 beside v2)");
        assert_eq!(file_system(MOUNTS, Path::new("/tmp/corten-1")), Some("tmpfs"));
        assert_eq!(file_system(MOUNTS, Path::new("/var/tmp")), Some("ext4"));
    }

    #[test]
    fn fields_are_found_by_name() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n";
        assert_eq!(field(text, "model name"), Some("Some CPU @ 2 GHz"));
        assert_eq!(kilobytes(Some("2048 kB")), 2 * 1024 * 1024);
    }
}
