//! The hierarchy of cgroup v2.

mod delegation;
pub(crate) mod events;
mod limits;
pub(crate) mod stats;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use corten_spec::runtime::Resources;

use crate::controller::Controller;
use crate::devices::{policy::Policy, program};
use crate::error::CgroupsError;
use crate::file;
use crate::hierarchy::{Hierarchy, Moment};
use crate::path::CgroupPath;
use crate::plan;
use crate::tree;

/// The v2 hierarchy.
#[derive(Debug, Clone)]
pub(crate) struct Unified {
    pub(crate) mount: PathBuf,
    pub(crate) controllers: Vec<Controller>,
    /// Whether containers get every controller, so that all can be measured. Beside v1, only those that limits ask for.
    pub(crate) alone: bool,
    /// Whether the tree is systemd's, so that only what lies in a unit is anybody else's to arrange.
    pub(crate) managed: bool,
}

impl Unified {
    /// The hierarchy at `mount` with the controllers that it has at its root. Devices need none, but v1 has precedence.
    pub(crate) fn new(mount: PathBuf, alone: bool, devices: bool) -> Result<Unified, CgroupsError> {
        let words = file::read(&mount.join("cgroup.controllers"))?.unwrap_or_default();
        let mut controllers = delegation::parse(&words);
        if devices {
            controllers.push(Controller::Devices);
        }
        Ok(Unified { mount, controllers, alone, managed: false })
    }

    /// The directory above which nothing may be changed on the way to a cgroup: the mount point, or the unit that it lies in.
    pub(crate) fn top(&self, path: &CgroupPath) -> PathBuf {
        let inside = self.unit(path).filter(|unit| unit != path);
        inside.map_or_else(|| self.mount.clone(), |unit| unit.below(&self.mount))
    }

    /// The unit of systemd that a cgroup lies in, where units are systemd's to make.
    pub(crate) fn unit(&self, path: &CgroupPath) -> Option<CgroupPath> {
        self.managed.then(|| path.unit()).flatten()
    }
}

impl Hierarchy for Unified {
    fn mount(&self) -> &Path {
        &self.mount
    }

    fn offers(&self, controller: Controller) -> bool {
        self.controllers.contains(&controller)
    }

    fn make(
        &self,
        path: &CgroupPath,
        wanted: &[Controller],
        made: &mut Vec<PathBuf>,
    ) -> Result<(), CgroupsError> {
        let directory = path.below(&self.mount);
        let top = self.top(path);
        tree::make(&directory, &top, made)?;
        let wanted: Vec<&str> = self
            .controllers
            .iter()
            .filter(|controller| self.alone || wanted.contains(controller))
            .filter_map(|controller| controller.unified_name())
            .collect();
        match directory.parent() {
            Some(parent) if !wanted.is_empty() => delegation::delegate(parent, &top, &wanted),
            _ => Ok(()),
        }
    }

    fn limit(
        &self,
        path: &CgroupPath,
        resources: &Resources,
        mut moment: Moment<'_>,
    ) -> Result<(), CgroupsError> {
        let directory = path.below(&self.mount);
        if !matches!(moment, Moment::Birth) {
            check_use(&directory, resources)?;
        }
        let mut writes = Vec::new();
        for controller in &self.controllers {
            writes.extend(limits::plan(*controller, resources)?);
        }
        writes.extend(limits::verbatim(resources)?);
        plan::apply(&directory, &writes, &mut moment)?;
        let policy = Policy::of(&resources.devices)?;
        if self.offers(Controller::Devices) && !policy.allows_all() {
            enforce(&directory, &policy)?;
        }
        Ok(())
    }
}

/// Where it was asked for, refuses limits below what is in use: the kernel would end processes to meet them.
fn check_use(directory: &Path, resources: &Resources) -> Result<(), CgroupsError> {
    let Some(memory) = resources.memory.as_ref().filter(|memory| memory.check_before_update == Some(true))
    else {
        return Ok(());
    };
    let Some(usage) = file::number(&directory.join("memory.current"))? else { return Ok(()) };
    for (what, limit) in [("memory+swap", memory.swap), ("memory", memory.limit)] {
        if let Some(limit) = limit.filter(|limit| *limit > 0)
            && u64::try_from(limit).is_ok_and(|limit| limit <= usage)
        {
            return Err(CgroupsError::Value(format!("rejecting {what} limit {limit} <= usage {usage}")));
        }
    }
    Ok(())
}

fn enforce(directory: &Path, policy: &Policy) -> Result<(), CgroupsError> {
    let failed = |verb| {
        let path = directory.to_owned();
        move |source| CgroupsError::Program { verb, path, source }
    };
    let cgroup = File::open(directory).map_err(CgroupsError::file("open", directory))?;
    let loaded = corten_sys::bpf::load_device_program(&program::assemble(policy)).map_err(failed("load"))?;
    corten_sys::bpf::attach_device_program(cgroup.as_fd(), loaded.as_fd()).map_err(failed("attach"))
}
