//! One cgroup: the same path in every hierarchy.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use corten_spec::runtime::Resources;

use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::hierarchy::Moment;
use crate::join::{self, JoinHandles};
use crate::layout::Hierarchies;
use crate::legacy::freezer;
use crate::path::CgroupPath;
use crate::stats::{self, Stats};
use crate::undo::Undo;
use crate::unified::events;
use crate::{kill, processes, tree};

/// A cgroup, which may or may not exist. Dropping it changes nothing.
#[derive(Debug, Clone)]
pub struct Cgroup {
    hierarchies: Arc<Hierarchies>,
    path: CgroupPath,
}

/// How long freezing and thawing may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What freezes the processes of a cgroup.
enum Freezer {
    Unified(PathBuf),
    Legacy(PathBuf),
}

impl Cgroup {
    pub(crate) fn new(hierarchies: Arc<Hierarchies>, path: CgroupPath) -> Cgroup {
        Cgroup { hierarchies, path }
    }

    /// Its path within every hierarchy.
    pub fn path(&self) -> &CgroupPath {
        &self.path
    }

    /// Changes limits while processes run; what `resources` does not mention stays. If the kernel refuses one, those that were set
    /// before it are what they were again.
    ///
    /// # Errors
    /// [`CgroupsError`]; device rules cannot be changed.
    pub fn update(&self, resources: &Resources) -> Result<(), CgroupsError> {
        if !resources.devices.is_empty() {
            return Err(CgroupsError::Unsupported {
                limit: "device rules".to_owned(),
                reason: "they are fixed when a cgroup is made",
            });
        }
        self.hierarchies.check(resources)?;
        let mut undo = Undo::default();
        let mut all = self.hierarchies.all();
        let changed = all.try_for_each(|one| one.limit(&self.path, resources, Moment::Change(&mut undo)));
        changed.map_err(|refused| undo.put_back(refused))
    }

    /// Opens what a new process needs to be born in it.
    ///
    /// # Errors
    /// [`CgroupsError::File`].
    pub fn join_handles(&self) -> Result<JoinHandles, CgroupsError> {
        join::handles(&self.hierarchies, &self.path)
    }

    /// Opens the `tasks` files of v1, as [`Cgroup::join_handles`] does: for a process that was born into v2's part already.
    ///
    /// # Errors
    /// [`CgroupsError::File`].
    pub fn tasks(&self) -> Result<Vec<OwnedFd>, CgroupsError> {
        join::tasks(&self.hierarchies, &self.path)
    }

    /// Stops all processes in it, and returns once they are.
    ///
    /// # Errors
    /// [`CgroupsError::Late`] if they cannot be stopped, in which case they go on; [`CgroupsError::Unsupported`] without a freezer.
    pub fn freeze(&self) -> Result<(), CgroupsError> {
        match self.freezer()? {
            Freezer::Legacy(directory) => freezer::freeze(&directory, PATIENCE),
            Freezer::Unified(directory) => {
                let frozen = events::set_frozen(&directory, true, PATIENCE);
                if frozen.is_err() {
                    events::set_frozen(&directory, false, PATIENCE)?;
                }
                frozen
            }
        }
    }

    /// Lets them go on.
    ///
    /// # Errors
    /// [`CgroupsError::Unsupported`] without a freezer.
    pub fn thaw(&self) -> Result<(), CgroupsError> {
        match self.freezer()? {
            Freezer::Legacy(directory) => freezer::thaw(&directory),
            Freezer::Unified(directory) => events::set_frozen(&directory, false, PATIENCE),
        }
    }

    /// Lets those die that have been sent SIGKILL: on v1 a frozen process does only once it is thawed, in whichever cgroup below this
    /// one its container has frozen it.
    ///
    /// # Errors
    /// [`CgroupsError::File`].
    pub fn release_killed(&self) -> Result<(), CgroupsError> {
        // Not the one that freezes for us: where both versions are there, a container can have used the other.
        match self.hierarchies.legacy(Controller::Freezer) {
            Some(mount) => freezer::thaw_all(&self.path.below(mount)),
            None => Ok(()),
        }
    }

    /// Whether its processes are stopped; a cgroup that does not exist is not.
    ///
    /// # Errors
    /// [`CgroupsError::File`].
    pub fn is_frozen(&self) -> Result<bool, CgroupsError> {
        match self.freezer() {
            Ok(Freezer::Legacy(directory)) => freezer::is_frozen(&directory),
            Ok(Freezer::Unified(directory)) => events::is_frozen(&directory),
            Err(_) => Ok(false),
        }
    }

    /// Sends SIGKILL to all processes in it and below it, frozen ones too. Returns before they are gone.
    ///
    /// # Errors
    /// [`CgroupsError::Late`] if new ones kept appearing.
    pub fn kill(&self) -> Result<(), CgroupsError> {
        kill::kill(&self.hierarchies, &self.path)
    }

    /// How many of its processes the kernel has ended for want of memory.
    ///
    /// # Errors
    /// [`CgroupsError::File`].
    pub fn oom_kills(&self) -> Result<u64, CgroupsError> {
        stats::oom_kills(&self.hierarchies, &self.path)
    }

    /// Its processes and those of cgroups below it, in ascending order; none if it does not exist.
    ///
    /// # Errors
    /// [`CgroupsError::File`].
    pub fn pids(&self) -> Result<Vec<u32>, CgroupsError> {
        processes::directory(&self.hierarchies, &self.path)
            .map_or(Ok(Vec::new()), |directory| processes::list(&directory))
    }

    /// The names of the cgroups right below it, in whatever hierarchy; none if it does not exist.
    ///
    /// # Errors
    /// [`CgroupsError::File`].
    pub fn children(&self) -> Result<BTreeSet<String>, CgroupsError> {
        let mut names = BTreeSet::new();
        for hierarchy in self.hierarchies.all() {
            names.extend(tree::children(&self.path.below(hierarchy.mount()))?);
        }
        Ok(names)
    }

    /// Waits until no process was in it or below it for as long as `idle`.
    ///
    /// # Errors
    /// [`CgroupsError::Unsupported`] without v2; [`CgroupsError::File`], of kind "not found" when it is removed meanwhile.
    pub fn await_idle(&self, idle: Duration) -> Result<(), CgroupsError> {
        let Some(unified) = &self.hierarchies.unified else {
            return Err(CgroupsError::Unsupported {
                limit: format!("waiting for cgroup `{}`", self.path),
                reason: "only cgroup v2 tells when the last process leaves",
            });
        };
        events::await_idle(&self.path.below(&unified.mount), idle)
    }

    /// Waits until somebody else has removed it from every hierarchy.
    ///
    /// # Errors
    /// [`CgroupsError::Late`].
    pub fn await_removal(&self, patience: Duration) -> Result<(), CgroupsError> {
        let deadline = Instant::now() + patience;
        self.hierarchies
            .all()
            .try_for_each(|one| tree::await_removal(&self.path.below(one.mount()), deadline, patience))
    }

    /// What it uses.
    ///
    /// # Errors
    /// [`CgroupsError::File`], [`CgroupsError::Content`].
    pub fn stats(&self) -> Result<Stats, CgroupsError> {
        stats::read(&self.hierarchies, &self.path)
    }

    /// Removes it from every hierarchy, with the cgroups below it; waits at most `patience` for the last processes to be
    /// gone. Content with one that does not exist.
    ///
    /// # Errors
    /// [`CgroupsError::File`] for the first hierarchy that keeps it; the others are cleared nevertheless.
    pub fn remove(&self, patience: Duration) -> Result<(), CgroupsError> {
        let deadline = Instant::now() + patience;
        let mut outcome = Ok(());
        for hierarchy in self.hierarchies.all() {
            let removed = tree::remove(&self.path.below(hierarchy.mount()), deadline);
            outcome = outcome.and(removed);
        }
        outcome
    }

    /// Its directory in each hierarchy, whether it is there or not.
    #[must_use]
    pub fn directories(&self) -> Vec<PathBuf> {
        self.hierarchies.all().map(|hierarchy| self.path.below(hierarchy.mount())).collect()
    }

    /// v2's where the cgroup has it: processes stopped by it can still be killed.
    fn freezer(&self) -> Result<Freezer, CgroupsError> {
        if let Some(unified) = &self.hierarchies.unified {
            let directory = self.path.below(&unified.mount);
            if directory.join("cgroup.freeze").exists() {
                return Ok(Freezer::Unified(directory));
            }
        }
        match self.hierarchies.legacy(Controller::Freezer) {
            Some(mount) => Ok(Freezer::Legacy(self.path.below(mount))),
            None => Err(CgroupsError::Unsupported {
                limit: format!("the state of cgroup `{}`", self.path),
                reason: "it does not exist, or no hierarchy here has a freezer",
            }),
        }
    }
}
