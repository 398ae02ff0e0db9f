//! What v1 and v2 have in common: a tree of directories in which a cgroup is made and limited.
//!
//! A host has one v2 hierarchy, several v1 hierarchies, or both; [`crate::Layout`] lists them once, the rest of the crate
//! goes through the list. A cgroup's life: [`Hierarchy::make`] in each, [`Hierarchy::limit`] in each, then processes join;
//! later limits may change, and in the end [`crate::tree::remove`] takes the directories away.

use std::path::{Path, PathBuf};

use corten_spec::runtime::Resources;

use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::path::CgroupPath;
use crate::undo::Undo;

/// A mounted hierarchy.
pub(crate) trait Hierarchy {
    /// Where it is mounted.
    fn mount(&self) -> &Path;

    /// Whether limits of this controller are set here.
    fn offers(&self, controller: Controller) -> bool;

    /// Makes the cgroup's directory, and those above it, ready for limits of the `wanted` controllers.
    ///
    /// Every directory that was made is told to `made`, outermost first, also if something fails afterwards.
    fn make(
        &self,
        path: &CgroupPath,
        wanted: &[Controller],
        made: &mut Vec<PathBuf>,
    ) -> Result<(), CgroupsError>;

    /// Sets what is to be limited by the controllers of this hierarchy, leaves the rest.
    fn limit(&self, path: &CgroupPath, resources: &Resources, moment: Moment<'_>)
    -> Result<(), CgroupsError>;
}

/// When limits are set.
#[derive(Debug)]
pub(crate) enum Moment<'a> {
    /// Before the first process joins.
    Birth,
    /// When it is there already, perhaps with processes in it.
    Life,
    /// While processes run, in a way that can be taken back.
    Change(&'a mut Undo),
}
