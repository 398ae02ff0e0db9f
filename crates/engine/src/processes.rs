//! Processes of the host, read from `/proc` (proc_pid_stat(5)), in the columns of `ps`.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::param::clock_ticks_per_second;

use crate::containers::{host_users, user_name};
use crate::error::EngineError;

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    User,
    Pid,
    Ppid,
    Cpu,
    CpuPercent,
    MemoryPercent,
    VirtualSize,
    ResidentSize,
    Start,
    Terminal,
    State,
    Time,
    Command,
    Name,
}

impl Column {
    /// `ps -ef`.
    pub(crate) const FULL: [Self; 8] = [
        Self::User,
        Self::Pid,
        Self::Ppid,
        Self::Cpu,
        Self::Start,
        Self::Terminal,
        Self::Time,
        Self::Command,
    ];

    /// `ps aux`.
    pub(crate) const USER_ORIENTED: [Self; 11] = [
        Self::User,
        Self::Pid,
        Self::CpuPercent,
        Self::MemoryPercent,
        Self::VirtualSize,
        Self::ResidentSize,
        Self::Terminal,
        Self::State,
        Self::Start,
        Self::Time,
        Self::Command,
    ];

    /// The column that `ps -o` calls so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "user" | "uid" | "euser" => Self::User,
            "pid" => Self::Pid,
            "ppid" => Self::Ppid,
            "c" => Self::Cpu,
            "pcpu" | "%cpu" => Self::CpuPercent,
            "pmem" | "%mem" => Self::MemoryPercent,
            "vsz" => Self::VirtualSize,
            "rss" => Self::ResidentSize,
            "stime" | "start" => Self::Start,
            "tty" | "tt" => Self::Terminal,
            "stat" | "s" | "state" => Self::State,
            "time" => Self::Time,
            "cmd" | "args" | "command" => Self::Command,
            "comm" | "ucmd" => Self::Name,
            _ => return None,
        })
    }

    /// The heading.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::User => "UID",
            Self::Pid => "PID",
            Self::Ppid => "PPID",
            Self::Cpu => "C",
            Self::CpuPercent => "%CPU",
            Self::MemoryPercent => "%MEM",
            Self::VirtualSize => "VSZ",
            Self::ResidentSize => "RSS",
            Self::Start => "STIME",
            Self::Terminal => "TTY",
            Self::State => "STAT",
            Self::Time => "TIME",
            Self::Command => "CMD",
            Self::Name => "COMMAND",
        }
    }

    /// What stands in it.
    pub(crate) fn value(self, process: &Process) -> String {
        match self {
            Self::User => process.user.clone(),
            Self::Pid => process.pid.to_string(),
            Self::Ppid => process.ppid.to_string(),
            Self::Cpu => format!("{}", process.cpu_percent() as u64),
            Self::CpuPercent => format!("{:.1}", process.cpu_percent()),
            Self::MemoryPercent => format!("{:.1}", process.memory_percent()),
            Self::VirtualSize => (process.virtual_bytes / 1024).to_string(),
            Self::ResidentSize => (process.resident_bytes / 1024).to_string(),
            Self::Start => process.start(),
            Self::Terminal => process.terminal(),
            Self::State => process.state.to_string(),
            Self::Time => process.time(),
            Self::Command => process.command.clone(),
            Self::Name => process.name.clone(),
        }
    }
}

/// What every row is measured against.
#[derive(Debug)]
pub(crate) struct Snapshot {
    users: String,
    uptime: f64,
    memory: u64,
    now: u64,
}

/// One process.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Process {
    pid: u32,
    ppid: u32,
    user: String,
    name: String,
    command: String,
    state: char,
    terminal: i32,
    cpu_seconds: f64,
    age_seconds: f64,
    virtual_bytes: u64,
    resident_bytes: u64,
    total_memory: u64,
    now: u64,
}

impl Snapshot {
    /// Reads what is the same for every process.
    pub(crate) fn take() -> Result<Self, EngineError> {
        let path = std::path::PathBuf::from("/proc/uptime");
        let uptime = fs::read_to_string(&path).map_err(|source| EngineError::ReadFile { path, source })?;
        let uptime =
            uptime.split_whitespace().next().and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        Ok(Self { users: host_users(), uptime, memory: crate::host::total_memory(), now })
    }

    /// One process; `None` when it is gone.
    pub(crate) fn process(&self, pid: u32) -> Option<Process> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let uid = rustix::fs::stat(format!("/proc/{pid}")).ok()?.st_uid;
        let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        self.parse(pid, &stat, uid, &command)
    }

    /// The name stands in parentheses and may hold any byte, so the fields are counted from the last one.
    fn parse(&self, pid: u32, stat: &str, uid: u32, command: &[u8]) -> Option<Process> {
        let (head, tail) = stat.rsplit_once(')')?;
        let name = head.split_once('(')?.1.to_owned();
        let fields: Vec<&str> = tail.split_whitespace().collect();
        let number =
            |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
        let ticks = clock_ticks_per_second() as f64;
        let command = String::from_utf8_lossy(command).trim_end_matches('\0').replace('\0', " ");
        Some(Process {
            pid,
            ppid: u32::try_from(number(1)).unwrap_or_default(),
            user: user_name(&self.users, uid),
            command: if command.is_empty() { format!("[{name}]") } else { command },
            name,
            state: fields.first()?.chars().next()?,
            terminal: fields.get(4).and_then(|text| text.parse().ok()).unwrap_or_default(),
            cpu_seconds: (number(11) + number(12)) as f64 / ticks,
            age_seconds: (self.uptime - number(19) as f64 / ticks).max(0.0),
            virtual_bytes: number(20),
            resident_bytes: number(21) * rustix::param::page_size() as u64,
            total_memory: self.memory,
            now: self.now,
        })
    }
}

impl Process {
    fn cpu_percent(&self) -> f64 {
        if self.age_seconds > 0.0 { 100.0 * self.cpu_seconds / self.age_seconds } else { 0.0 }
    }

    fn memory_percent(&self) -> f64 {
        100.0 * self.resident_bytes as f64 / self.total_memory.max(1) as f64
    }

    /// The hour and minute of its start; the day for one that is older than a day. In UTC: no zone data is read.
    fn start(&self) -> String {
        let started = self.now.saturating_sub(self.age_seconds as u64);
        if self.age_seconds >= 86_400.0 {
            return format!("{}d", self.age_seconds as u64 / 86_400);
        }
        format!("{:02}:{:02}", started / 3600 % 24, started / 60 % 60)
    }

    /// `pts/0`, `ttyS0`, or `?` (the device numbers of tty(4) and pts(4)).
    fn terminal(&self) -> String {
        let device = self.terminal as u32;
        let (major, minor) = (device >> 8 & 0xfff, (device & 0xff) | (device >> 12 & 0xfff00));
        match major {
            136..=143 => format!("pts/{}", (major - 136) * 256 + minor),
            4 if minor < 64 => format!("tty{minor}"),
            4 => format!("ttyS{}", minor - 64),
            _ => "?".to_owned(),
        }
    }

    fn time(&self) -> String {
        let seconds = self.cpu_seconds as u64;
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Snapshot};

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let host = Snapshot {
            users: "root:x:0:0::/:/bin/sh\n".to_owned(),
            uptime: 100.0,
            memory: 1 << 30,
            now: 1_000_000,
        };
        let stat = "7 (a) b) S 1 7 7 34816 7 4194304 1 0 0 0 150 50 0 0 20 0 1 0 5000 4096 10 0";
        let process = host.parse(7, stat, 0, b"sleep\x0010\0").unwrap();
        let row: Vec<String> =
            [Column::User, Column::Ppid, Column::Terminal, Column::Time, Column::Command, Column::Name]
                .map(|column| column.value(&process))
                .to_vec();
        assert_eq!(row, ["root", "1", "pts/0", "00:00:02", "sleep 10", "a) b"]);
    }
}
