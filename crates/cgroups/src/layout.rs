//! Which hierarchies this machine has, and the door to cgroups in them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use corten_spec::runtime::Resources;

use crate::birth::Birth;
use crate::cgroup::Cgroup;
use crate::controller::{self, Controller};
use crate::error::CgroupsError;
use crate::hierarchy::Hierarchy;
use crate::join;
use crate::legacy::Legacy;
use crate::mounts::{self, Mounted};
use crate::path::CgroupPath;
use crate::support::{self, Limit};
use crate::tree;
use crate::unified::Unified;

/// The hierarchies of a machine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Layout(Arc<Hierarchies>);

#[derive(Debug)]
pub(crate) struct Hierarchies {
    pub(crate) unified: Option<Unified>,
    pub(crate) legacy: Vec<Legacy>,
    /// Whether systemd tells units apart by cgroup, and ends with them whoever is still inside.
    pub(crate) systemd: bool,
}

/// A layout as `info` tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// 1 or 2: where limits are set.
    pub version: u8,
    /// Whether there is a v2 hierarchy beside v1.
    pub hybrid: bool,
    /// Who makes the directories.
    pub driver: &'static str,
}

impl Layout {
    /// Finds what is mounted.
    ///
    /// # Errors
    /// [`CgroupsError::NotMounted`] if nothing is; [`CgroupsError::File`].
    pub fn detect() -> Result<Layout, CgroupsError> {
        let path = "/proc/self/mountinfo";
        let text = fs::read_to_string(path).map_err(CgroupsError::file("read", path))?;
        Layout::of(mounts::parse(&text), Path::new("/run/systemd/system").exists())
    }

    pub(crate) fn of(mounted: Vec<Mounted>, systemd: bool) -> Result<Layout, CgroupsError> {
        let mut legacy = Vec::new();
        let mut unified = None;
        for hierarchy in mounted {
            match hierarchy {
                Mounted::Unified { mount } => unified = Some(mount),
                Mounted::Legacy { mount, controllers } => legacy.push(Legacy { mount, controllers }),
                // Without systemd nobody looks at it.
                Mounted::Systemd { mount } if systemd => {
                    legacy.push(Legacy { mount, controllers: Vec::new() });
                }
                Mounted::Systemd { .. } => {}
            }
        }
        if unified.is_none() && legacy.is_empty() {
            return Err(CgroupsError::NotMounted);
        }
        let devices = !legacy.iter().any(|one| one.offers(Controller::Devices));
        let alone = legacy.iter().all(|one| one.controllers.is_empty());
        let mut unified = unified.map(|mount| Unified::new(mount, alone, devices)).transpose()?;
        if let Some(unified) = &mut unified {
            unified.managed = legacy.is_empty() && systemd;
        }
        Ok(Layout(Arc::new(Hierarchies { unified, legacy, systemd })))
    }

    #[cfg(test)]
    pub(crate) fn hierarchies(&self) -> Arc<Hierarchies> {
        self.0.clone()
    }

    /// What `info` tells.
    pub fn describe(&self) -> Description {
        let legacy = self.0.legacy.iter().any(|one| !one.controllers.is_empty());
        let version = if legacy { 1 } else { 2 };
        Description { version, hybrid: legacy && self.0.unified.is_some(), driver: "cgroupfs" }
    }

    /// Whether some hierarchy can set limits of this controller.
    pub fn offers(&self, controller: Controller) -> bool {
        self.0.all().any(|hierarchy| hierarchy.offers(controller))
    }

    /// Whether this kernel has a limit at all.
    pub fn has(&self, limit: Limit) -> bool {
        support::has(&self.0, limit)
    }

    /// Where the cgroups of somebody called `name` belong: at the top, or in a scope of theirs where the tree is systemd's.
    ///
    /// # Errors
    /// [`CgroupsError::Path`].
    pub fn home(&self, name: &str) -> Result<CgroupPath, CgroupsError> {
        match &self.0.unified {
            Some(unified) if unified.managed => CgroupPath::new(&format!("/system.slice/{name}.scope")),
            _ => CgroupPath::new(name),
        }
    }

    /// The unit of systemd that a cgroup lies in, if it has to be asked of systemd: [`Layout::create`] makes cgroups in it, but
    /// not the unit itself.
    ///
    /// # Errors
    /// [`CgroupsError::Path`].
    pub fn unit(&self, path: &str) -> Result<Option<CgroupPath>, CgroupsError> {
        let path = CgroupPath::new(path)?;
        Ok(self.0.unified.as_ref().and_then(|unified| unified.unit(&path)))
    }

    /// Makes a cgroup in every hierarchy and limits it. No device rules mean no restriction of devices.
    ///
    /// A cgroup that exists already is limited as it is. If anything fails, what was made is removed again.
    ///
    /// # Errors
    /// [`CgroupsError`] if the path is no list of names, a limit makes no sense or cannot be set here, or the kernel refuses.
    pub fn create(&self, path: &str, resources: &Resources) -> Result<Cgroup, CgroupsError> {
        self.begin(path, resources)?.finish(resources)
    }

    /// As [`Layout::create`], in two steps: what a process is born into first.
    ///
    /// # Errors
    /// As [`Layout::create`].
    pub fn begin(&self, path: &str, resources: &Resources) -> Result<Birth, CgroupsError> {
        Birth::begin(&self.0, path, resources)
    }

    /// A cgroup that exists or existed. Looks at nothing.
    ///
    /// # Errors
    /// [`CgroupsError::Path`].
    pub fn open(&self, path: &str) -> Result<Cgroup, CgroupsError> {
        Ok(Cgroup::new(self.0.clone(), CgroupPath::new(path)?))
    }

    /// Moves the calling process, which has one thread, into a cgroup that exists.
    ///
    /// # Errors
    /// [`CgroupsError::Write`].
    pub fn join_self(&self, path: &str) -> Result<(), CgroupsError> {
        join::join_self(&self.0, &CgroupPath::new(path)?)
    }

    /// Makes a cgroup of v2 without a controller and moves the calling process, which has one thread, into it: the way out of a
    /// unit's own cgroup. As long as a process is in that, nothing can be handed down from there; handing down what would be
    /// possible (controllers of threads) makes the cgroups below unfit for processes.
    ///
    /// # Errors
    /// [`CgroupsError::File`], [`CgroupsError::Write`].
    pub fn occupy(&self, path: &str) -> Result<(), CgroupsError> {
        let path = CgroupPath::new(path)?;
        if let Some(unified) = &self.0.unified {
            tree::make(&path.below(&unified.mount), &unified.top(&path), &mut Vec::new())?;
        }
        join::join_self(&self.0, &path)
    }

    /// Removes the cgroup `path` and those above it, as far as nothing is in them. Returns whether `path` itself is gone.
    ///
    /// Where the tree is systemd's, its unit stays: a unit whose cgroup somebody else removed can count as running for ever.
    ///
    /// # Errors
    /// [`CgroupsError::File`] for what the kernel says other than that something is in them.
    pub fn remove_empty(&self, path: &str) -> Result<bool, CgroupsError> {
        let path = CgroupPath::new(path)?;
        let unit = self.unit(path.as_str())?;
        let mut gone = true;
        for hierarchy in self.0.all() {
            let mut next = Some(path.clone());
            while let Some(current) = next {
                let removed = tree::remove_empty(&current.below(hierarchy.mount()))?;
                gone &= removed || current != path;
                next = current.parent().filter(|parent| removed && unit.as_ref() != Some(parent));
            }
        }
        Ok(gone)
    }
}

impl Hierarchies {
    /// v2 first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &dyn Hierarchy> {
        let unified = self.unified.iter().map(|one| one as &dyn Hierarchy);
        unified.chain(self.legacy.iter().map(|one| one as &dyn Hierarchy))
    }

    /// The mount of the v1 hierarchy with this controller.
    pub(crate) fn legacy(&self, controller: Controller) -> Option<&Path> {
        self.legacy.iter().find(|one| one.offers(controller)).map(|one| one.mount.as_path())
    }

    /// The controllers that limits ask for, if all of them are there.
    pub(crate) fn check(&self, resources: &Resources) -> Result<Vec<Controller>, CgroupsError> {
        let asked = controller::asked_for(resources);
        if let Some((controller, limit)) =
            asked.iter().find(|(controller, _)| !self.all().any(|hierarchy| hierarchy.offers(*controller)))
        {
            return Err(CgroupsError::NoController { limit, controller: *controller });
        }
        if !resources.unified.is_empty() && self.unified.is_none() {
            return Err(CgroupsError::Value(
                "invalid configuration: cannot use unified on cgroup v1".to_owned(),
            ));
        }
        Ok(asked.into_iter().map(|(controller, _)| controller).collect())
    }
}
