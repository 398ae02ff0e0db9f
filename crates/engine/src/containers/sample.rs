//! What a container uses at this moment: its cgroup's counters, its interfaces', and the machine's, to compare with.

use std::collections::BTreeMap;
use std::fs;

use corten_cgroups::Stats;
use corten_spec::time::Timestamp;
use corten_sys::process::start_time as process_start_time;

use super::record::Container;
use super::state::InitProcess;
use super::{Containers, Inner};
use crate::clock::now;
use crate::error::EngineError;
use crate::host;
use crate::system::CgroupVersion;
use crate::task::blocking;

/// How many threads read at once. What they read is in memory: more would only stand in each other's way.
pub(crate) const SAMPLERS: usize = 2;

/// A container, and what it used when somebody looked.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The container.
    pub container: Container,
    /// `None` = it did not run.
    pub usage: Option<Usage>,
}

/// What a container and its machine have used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// When this was read.
    pub read_at: Timestamp,
    /// Of its cgroup.
    pub cgroup: Stats,
    /// Whose names the details of memory have.
    pub cgroup_version: CgroupVersion,
    /// By interface, where it has a network of its own; the loopback is none of them.
    pub interfaces: BTreeMap<String, InterfaceUsage>,
    /// CPU time of the whole machine in nanoseconds.
    pub machine_cpu: u64,
    /// How many CPUs the machine has.
    pub machine_cpus: u32,
    /// Bytes of memory that the machine has.
    pub machine_memory: u64,
}

/// What went through a network interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InterfaceUsage {
    /// What came in.
    pub received: Traffic,
    /// What went out.
    pub sent: Traffic,
}

/// One direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// Packets that were damaged.
    pub errors: u64,
    /// Packets for which there was no room.
    pub dropped: u64,
}

impl Containers {
    /// Reads what a container uses. However many are asked for at once, a few threads read them one after the other.
    ///
    /// # Errors
    /// Not found; a file of the kernel's that cannot be read.
    pub async fn sample(&self, reference: &str) -> Result<Sample, EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        let _turn = self.inner.samplers.acquire().await.map_err(|_| EngineError::TaskCancelled)?;
        blocking(move || inner.sample(&reference)).await
    }
}

impl Inner {
    fn sample(&self, reference: &str) -> Result<Sample, EngineError> {
        let container = self.find(reference)?;
        let usage = match &container.state.init {
            Some(init) if container.state.is_running() => self.usage_of(&container, init)?,
            _ => None,
        };
        Ok(Sample { container, usage })
    }

    /// `None` for one that ends meanwhile: its cgroup has no files any more.
    fn usage_of(&self, container: &Container, init: &InitProcess) -> Result<Option<Usage>, EngineError> {
        let cgroup = self.cgroups.open(&self.cgroup_path(container))?.stats()?;
        if cgroup == Stats::default() {
            return Ok(None);
        }
        // As close as can be: the one is divided by the other.
        let (machine_cpu, machine_cpus) = host::cpu_time()?;
        let shares_network = container.config.host.network_mode == "host";
        let interfaces = if shares_network { BTreeMap::new() } else { interfaces_of(init) };
        Ok(Some(Usage {
            read_at: now(),
            cgroup,
            cgroup_version: CgroupVersion::of(&self.cgroups),
            interfaces,
            machine_cpu,
            machine_cpus,
            machine_memory: host::total_memory(),
        }))
    }
}

/// Those of the network namespace that a process is in (proc(5)); none when it has ended, and another has its number.
fn interfaces_of(init: &InitProcess) -> BTreeMap<String, InterfaceUsage> {
    let text = fs::read_to_string(format!("/proc/{}/net/dev", init.pid)).unwrap_or_default();
    let same = process_start_time(init.pid).is_ok_and(|started| started == init.start_time);
    if same { parse_interfaces(&text) } else { BTreeMap::new() }
}

/// Two lines of heads, then `eth0: ` and eight counters in each direction.
fn parse_interfaces(text: &str) -> BTreeMap<String, InterfaceUsage> {
    let line = |line: &str| {
        let (name, counters) = line.split_once(':')?;
        let counters: Vec<u64> =
            counters.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect();
        let traffic = |from: usize| {
            let [bytes, packets, errors, dropped] = *counters.get(from..from + 4)? else { return None };
            Some(Traffic { bytes, packets, errors, dropped })
        };
        let usage = InterfaceUsage { received: traffic(0)?, sent: traffic(8)? };
        Some((name.trim().to_owned(), usage))
    };
    text.lines().filter_map(line).filter(|(name, _)| name != "lo").collect()
}

#[cfg(test)]
mod tests {
    use super::{InterfaceUsage, Traffic, parse_interfaces};

    #[test]
    fn interfaces_are_read_but_for_the_loopback() {
        let text = "Inter-|   Receive                                                |  Transmit\n \
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    \
             lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0\n  \
             eth0:    5005      55    1    2    3     4          5         6     7007      77    8    9    0     0       0          0\n";
        let received = Traffic { bytes: 5005, packets: 55, errors: 1, dropped: 2 };
        let sent = Traffic { bytes: 7007, packets: 77, errors: 8, dropped: 9 };
        let expected = [("eth0".to_owned(), InterfaceUsage { received, sent })];
        assert_eq!(parse_interfaces(text), expected.into());
        assert!(parse_interfaces("eth0: 1 2 3\n").is_empty());
    }
}
