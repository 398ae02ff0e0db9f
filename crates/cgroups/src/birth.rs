//! A cgroup on its way: a process can be born into it before every hierarchy has it.
//!
//! Making it in eight hierarchies of v1 takes about as long as the process needs for namespaces of its own.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

use corten_spec::runtime::Resources;

use crate::cgroup::Cgroup;
use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::hierarchy::{Hierarchy, Moment};
use crate::join;
use crate::layout::Hierarchies;
use crate::path::CgroupPath;

/// A cgroup that v2 has, with its limits, and v1 may not have yet. Dropped, it is removed as far as it was made.
#[derive(Debug)]
pub struct Birth {
    hierarchies: Arc<Hierarchies>,
    path: CgroupPath,
    wanted: Vec<Controller>,
    made: Made,
}

impl Birth {
    pub(crate) fn begin(
        hierarchies: &Arc<Hierarchies>,
        path: &str,
        resources: &Resources,
    ) -> Result<Self, CgroupsError> {
        let path = CgroupPath::new(path)?;
        let wanted = hierarchies.check(resources)?;
        let hierarchies = Arc::clone(hierarchies);
        let mut birth = Self { hierarchies, path, wanted, made: Made(Vec::new()) };
        if let Some(unified) = &birth.hierarchies.unified {
            make(unified, &birth.path, &birth.wanted, resources, &mut birth.made)?;
        }
        Ok(birth)
    }

    /// The cgroup that it becomes.
    pub fn cgroup(&self) -> Cgroup {
        Cgroup::new(Arc::clone(&self.hierarchies), self.path.clone())
    }

    /// Where a process is born into it (`CLONE_INTO_CGROUP`); nothing without v2.
    ///
    /// # Errors
    /// [`CgroupsError::File`].
    pub fn unified(&self) -> Result<Option<OwnedFd>, CgroupsError> {
        join::unified(&self.hierarchies, &self.path)
    }

    /// Makes it in the hierarchies of v1, with the `resources` that it was begun with.
    ///
    /// # Errors
    /// [`CgroupsError`] if a limit makes no sense or the kernel refuses; what was made is removed again, unless a process is in it.
    pub fn finish(mut self, resources: &Resources) -> Result<Cgroup, CgroupsError> {
        for legacy in &self.hierarchies.legacy {
            make(legacy, &self.path, &self.wanted, resources, &mut self.made)?;
        }
        self.made.0.clear();
        Ok(self.cgroup())
    }
}

fn make(
    hierarchy: &impl Hierarchy,
    path: &CgroupPath,
    wanted: &[Controller],
    resources: &Resources,
    made: &mut Made,
) -> Result<(), CgroupsError> {
    hierarchy.make(path, wanted, &mut made.0)?;
    let born = made.0.last().is_some_and(|last| *last == path.below(hierarchy.mount()));
    hierarchy.limit(path, resources, if born { Moment::Birth } else { Moment::Life })
}

/// Directories that are removed again unless all goes well.
#[derive(Debug)]
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        for directory in self.0.iter().rev() {
            // The error that is being returned matters more than one about tidying up.
            let _ = fs::remove_dir(directory);
        }
    }
}
