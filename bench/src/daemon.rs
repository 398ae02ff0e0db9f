//! A server that contenders need: started for them, ended with them, and what it used meanwhile.
//!
//! It has a mount namespace of its own, so that whatever it mounts goes with it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long it may take to answer, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// What clocks of processes count in (`USER_HZ`, the same on every machine).
const TICKS_PER_SECOND: u64 = 100;

/// See the module.
#[derive(Debug)]
pub struct Daemon {
    process: Child,
}

/// What a daemon and its descendants had used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Processor time, of ended children too.
    pub cpu: Duration,
    /// The most that one of the processes has had resident since [`Daemon::begin`], in bytes.
    pub peak_memory: u64,
}

impl Daemon {
    /// Starts it, and returns when it is ready. What it says goes to `log`.
    ///
    /// # Errors
    /// In words: it cannot be started, ended at once, or does not become ready.
    pub fn start(words: &[String], log: &Path, is_ready: impl Fn() -> bool) -> Result<Daemon, String> {
        let said = |what: &str| format!("{}: {what}, see `{}`", words[0], log.display());
        let file = File::create(log).map_err(|error| said(&error.to_string()))?;
        let errors = file.try_clone().map_err(|error| said(&error.to_string()))?;
        let mut command = Command::new("setpriv");
        // Whatever ends this process, the daemon does not outlive it.
        command.args(["--pdeathsig", "TERM", "unshare", "--mount", "--propagation", "private", "--"]);
        command.args(words);
        command.stdin(Stdio::null()).stdout(file).stderr(errors);
        let process = command.spawn().map_err(|error| said(&error.to_string()))?;
        let mut daemon = Daemon { process };
        let deadline = Instant::now() + PATIENCE;
        while !is_ready() {
            if daemon.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Err(said("it ended at once"));
            }
            if Instant::now() > deadline {
                return Err(said("it does not answer"));
            }
            thread::sleep(INTERVAL);
        }
        Ok(daemon)
    }

    /// Begins a new peak; what was used until now.
    #[must_use]
    pub fn begin(&self) -> Usage {
        for id in self.family() {
            // One that has just ended has no peak any more.
            let _ = fs::write(format!("/proc/{id}/clear_refs"), "5");
        }
        self.usage()
    }

    /// What was used until now.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        for id in self.family() {
            let read = |file: &str| fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
            usage.cpu += processor_time(&read("stat")).unwrap_or_default();
            usage.peak_memory = usage.peak_memory.max(peak_memory(&read("status")).unwrap_or_default());
        }
        usage
    }

    /// What its processes have resident, shared pages by their share, in kB.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let of = |id: u32| {
            let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        };
        self.family().into_iter().filter_map(of).sum()
    }

    /// The process and its descendants.
    fn family(&self) -> Vec<u32> {
        let mut family = vec![self.process.id()];
        let mut next = 0;
        while let Some(id) = family.get(next) {
            let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
            let children: Vec<String> =
                tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok()).collect();
            family.extend(
                children
                    .iter()
                    .flat_map(|ids| ids.split_whitespace())
                    .filter_map(|id| id.parse::<u32>().ok()),
            );
            next += 1;
        }
        family
    }
}

/// From `/proc/PID/stat` (proc_pid_stat(5)): its own and that of children that it has waited for.
fn processor_time(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(4).map(|field| field.parse::<u64>().ok());
    let ticks = ticks.collect::<Option<Vec<_>>>()?.iter().sum::<u64>();
    Some(Duration::from_millis(ticks * (1000 / TICKS_PER_SECOND)))
}

/// From `/proc/PID/status` (proc_pid_status(5)), in bytes.
fn peak_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.process.id().cast_signed()) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
        let deadline = Instant::now() + PATIENCE;
        while self.process.try_wait().is_ok_and(|ended| ended.is_none()) {
            if Instant::now() > deadline {
                // Nothing more can be done about it.
                let _ = self.process.kill();
                let _ = self.process.wait();
            }
            thread::sleep(INTERVAL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_ended_children_count() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 9 8 7 6 100 20 3 1 20 0 1 0 5 0 0";
        assert_eq!(processor_time(stat), Some(Duration::from_millis(1240)));
        assert_eq!(peak_memory("Name:\ta\nVmHWM:\t    2048 kB\n"), Some(2 << 20));
    }

    #[test]
    fn what_a_daemon_uses_is_seen_and_it_ends() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let words = ["sh", "-c", "sleep 60 & echo ready; wait"].map(str::to_owned);
        let ready = || fs::read_to_string(log.path()).is_ok_and(|text| text.contains("ready"));
        let daemon = Daemon::start(&words, log.path(), ready).unwrap();
        assert!(daemon.begin().peak_memory > 0);
        let family = daemon.family();
        assert_eq!(family.len(), 2, "the shell and what it started");
        drop(daemon);
        assert!(!Path::new(&format!("/proc/{}", family[0])).exists());
        let sleep = Pid::from_raw(family[1].cast_signed()).unwrap();
        kill_process(sleep, Signal::KILL).unwrap();
    }

    #[test]
    fn one_that_ends_at_once_is_told() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let error = Daemon::start(&["false".to_owned()], log.path(), || false).unwrap_err();
        assert!(error.starts_with("false: it ended at once, see `"), "{error}");
    }
}
