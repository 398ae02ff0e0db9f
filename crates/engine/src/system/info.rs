//! What the engine runs on and how much it holds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::System;
use crate::error::EngineError;
use crate::host::{self, KernelFacts};
use crate::task::blocking;

/// Which control groups the host has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CgroupVersion {
    /// Every controller on v1, or some of them.
    V1,
    /// The unified hierarchy.
    V2,
}

impl CgroupVersion {
    /// Where limits are set and use is counted.
    pub(crate) fn of(layout: &corten_cgroups::Layout) -> Self {
        if layout.describe().version == 2 { Self::V2 } else { Self::V1 }
    }
}

/// Facts for `info` and `version`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemInfo {
    /// A stable name of this root.
    pub id: String,
    /// Containers in all.
    pub containers: usize,
    /// Of these, running and not frozen.
    pub running: usize,
    /// Of these, frozen.
    pub paused: usize,
    /// Of these, not running.
    pub stopped: usize,
    /// Images.
    pub images: usize,
    /// The root directory.
    pub root: PathBuf,
    /// The run directory.
    pub run_root: PathBuf,
    /// The kernel, the machine, the distribution.
    pub kernel: KernelFacts,
    /// CPUs that this process may use.
    pub cpus: usize,
    /// Bytes of memory.
    pub memory: u64,
    /// Which control groups the host has.
    pub cgroup_version: CgroupVersion,
    /// The engine's own cgroup.
    pub cgroup: String,
    /// The host's name.
    pub host_name: String,
    /// Runtimes that containers can ask for by name, beside our own: their programs.
    pub runtimes: BTreeMap<String, PathBuf>,
    /// What the root directory lies on: `extfs`, `xfs` …
    pub file_system: &'static str,
    /// The log driver of containers that name none.
    pub log_driver: String,
    /// How registries are reached.
    pub registries: RegistryFacts,
}

/// Which registries are treated specially.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryFacts {
    /// URLs of those that are asked before Docker's own.
    pub mirrors: Vec<String>,
    /// Hosts that may speak plain HTTP, or show any certificate.
    pub insecure_hosts: Vec<String>,
    /// Networks of such hosts, as `10.0.0.0/8`; loopback is always one.
    pub insecure_networks: Vec<String>,
}

impl System {
    /// Gathers the facts.
    ///
    /// # Errors
    /// When the database or a file of the kernel's cannot be read.
    pub async fn info(&self) -> Result<SystemInfo, EngineError> {
        let system = self.clone();
        blocking(move || system.gather()).await
    }

    fn gather(&self) -> Result<SystemInfo, EngineError> {
        let inner = &self.containers.inner;
        let containers = inner.everything()?;
        let running = containers.iter().filter(|container| container.state.is_running()).count();
        let paused = containers.iter().filter(|container| container.state.paused).count();
        let kernel = host::kernel();
        Ok(SystemInfo {
            id: inner.home.name().to_owned(),
            containers: containers.len(),
            running: running - paused,
            paused,
            stopped: containers.len() - running,
            images: inner.store.read(|tx| tx.images())?.len(),
            root: inner.home.root().to_owned(),
            run_root: inner.home.run().to_owned(),
            cpus: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory: host::total_memory(),
            cgroup_version: CgroupVersion::of(&inner.cgroups),
            cgroup: inner.home.cgroup().to_owned(),
            host_name: kernel.host_name.clone(),
            runtimes: crate::containers::foreign::available(),
            file_system: host::file_system(inner.home.root()),
            log_driver: inner.default_log_driver(),
            registries: inner.registries.facts(),
            kernel,
        })
    }
}
