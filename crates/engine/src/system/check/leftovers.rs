//! What the run directory and the kernel have of containers that there are none of, or that do not run.

use std::collections::HashSet;
use std::fs;

use corten_monitor::guard::is_guard;
use corten_monitor::health::is_prober;
use corten_monitor::relay::is_relay;
use corten_monitor::vigil::is_vigil;
use corten_monitor::{is_keeper, is_recruit};
use corten_spec::id::ContainerId;
use corten_sys::process::status;

use super::{LEAVING, Walk, names, problem, until_none};
use crate::containers::{CGROUP_PATIENCE, Container, Inner, Reservation};
use crate::error::EngineError;

impl Walk<'_> {
    pub(super) fn run_directories(&mut self) -> Result<(), EngineError> {
        let directory = self.inner.home.run().join("containers");
        for name in names(&directory)? {
            let path = directory.join(&name);
            // It goes before the record does.
            if self.inner.has_row(&name)? || !path.exists() {
                continue;
            }
            let found = problem("orphaned run directory", &name, "no container has this directory");
            self.mend(found, || {
                fs::remove_dir_all(&path)
                    .map_err(|source| EngineError::WriteFile { path: path.clone(), source })?;
                Ok(String::new())
            });
        }
        Ok(())
    }

    /// Cgroups of containers that do not run, below the engine's own.
    pub(super) fn cgroups(&mut self) -> Result<(), EngineError> {
        let home = self.inner.home.cgroup().to_owned();
        let left = until_none(|| self.inner.idle_cgroups(&home))?;
        for id in left {
            let found = problem("orphaned cgroup", &format!("{home}/{id}"), "its container does not run");
            let inner = self.inner;
            self.mend(found, || inner.clear_cgroup(&home, &id).map(|()| String::new()));
        }
        Ok(())
    }

    /// Monitors that look after nothing. One may have output to deliver to a client that takes its time.
    pub(super) fn monitors(&mut self) -> Result<(), EngineError> {
        for pid in until_none(|| self.inner.idle_monitors())? {
            let detail = "this monitor has no container that runs; it ends when its clients have what it holds for them";
            self.record(problem("monitor", &pid.to_string(), detail), false);
        }
        Ok(())
    }
}

impl Inner {
    fn has_row(&self, name: &str) -> Result<bool, EngineError> {
        let Ok(id) = name.parse::<ContainerId>() else { return Ok(false) };
        Ok(self.store.read(|tx| tx.container(id.as_str()))?.is_some())
    }

    fn idle_cgroups(&self, home: &str) -> Result<Vec<ContainerId>, EngineError> {
        let names = self.cgroups.open(home)?.children()?;
        let mut idle = Vec::new();
        for id in names.iter().filter_map(|name| name.parse::<ContainerId>().ok()) {
            let held = corten_journal::FileLock::is_held(&self.home.rootfs_lock(&id))?;
            if !held {
                idle.push(id);
            }
        }
        Ok(idle)
    }

    /// Ends what is in a cgroup and removes it, while nobody can start its container.
    fn clear_cgroup(&self, home: &str, id: &ContainerId) -> Result<(), EngineError> {
        let _lock = match self.reserve(id, LEAVING) {
            Ok(Reservation::Running(_)) => return Ok(()),
            Ok(Reservation::Granted(lock, _)) => Some(lock),
            Err(EngineError::NotFound(_)) => None,
            // Its directory is gone as well.
            Err(error) if self.has_row(id.as_str())? => return Err(error),
            Err(_) => None,
        };
        let cgroup = self.cgroups.open(&format!("{home}/{id}"))?;
        cgroup.kill()?;
        Ok(cgroup.remove(CGROUP_PATIENCE)?)
    }

    /// Monitors without a running container: leaving, or left. Not those that work beside the monitor of one.
    pub(in crate::system) fn idle_monitors(&self) -> Result<Vec<u32>, EngineError> {
        let containers = self.everything()?;
        let is_awaited = containers.iter().any(Container::is_up);
        let inits = containers.into_iter().filter(|container| container.state.is_running());
        let busy: HashSet<u32> = inits
            .filter_map(|container| status(container.state.init?.pid).ok())
            .map(|init| init.parent)
            .collect();
        let monitors = self.cgroups.open(&self.home.monitor_cgroup())?.pids()?;
        // A relay ends after its container, a guard when there is nothing to guard.
        let guarded = self.has_networks()?;
        let serves = |pid: u32| {
            !busy.is_empty() && is_relay(pid) || guarded && is_guard(pid) || is_awaited && is_vigil(pid)
        };
        let works_beside_one = |pid: u32| {
            is_keeper(pid)
                || is_recruit(pid)
                || is_prober(pid)
                || serves(pid)
                || status(pid).is_ok_and(|process| busy.contains(&process.parent))
        };
        Ok(monitors.into_iter().filter(|pid| !busy.contains(pid) && !works_beside_one(*pid)).collect())
    }
}
