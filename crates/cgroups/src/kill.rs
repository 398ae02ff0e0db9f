//! Ending everything in a cgroup.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::layout::Hierarchies;
use crate::legacy::freezer;
use crate::path::CgroupPath;
use crate::{file, processes};

/// How long a v1 cgroup may take to freeze before its processes are killed as they run.
const PATIENCE: Duration = Duration::from_millis(500);

/// More rounds than this mean that processes are born faster than they can be killed, although frozen.
const ROUNDS: usize = 20;

/// Sends SIGKILL to every process of the cgroup and below it; does not wait for them to be gone.
///
/// v2 does that in one step, and no fork escapes it. v1 has no such thing: frozen processes cannot fork either, so they are
/// frozen, killed and thawed, and again if one was born meanwhile.
pub(crate) fn kill(hierarchies: &Hierarchies, path: &CgroupPath) -> Result<(), CgroupsError> {
    if let Some(unified) = &hierarchies.unified {
        let file = path.below(&unified.mount).join("cgroup.kill");
        match file::put(&file, "1") {
            Err(error) if error.kind() == io::ErrorKind::NotFound || file::is_gone(&error) => {}
            outcome => {
                return outcome.map_err(|source| CgroupsError::Write {
                    value: "1".to_owned(),
                    path: file,
                    source,
                });
            }
        }
    }
    let Some(directory) = processes::directory(hierarchies, path) else { return Ok(()) };
    let frozen =
        hierarchies.legacy(Controller::Freezer).map(|mount| path.below(mount)).filter(|one| one.exists());
    let mut killed = BTreeSet::new();
    for _ in 0..ROUNDS {
        if !kill_new(&directory, frozen.as_deref(), &mut killed)? {
            return Ok(());
        }
    }
    Err(CgroupsError::Late { path: directory, state: "free of new processes", patience: PATIENCE })
}

/// One round. Returns whether there were processes that had not been killed before.
fn kill_new(
    directory: &Path,
    freezer: Option<&Path>,
    killed: &mut BTreeSet<u32>,
) -> Result<bool, CgroupsError> {
    if processes::list(directory)?.iter().all(|pid| killed.contains(pid)) {
        return Ok(false);
    }
    // Killing what could not be frozen is still right; a process may have escaped, which the next round sees.
    let frozen = freezer.map(|freezer| freezer::freeze(freezer, PATIENCE)).transpose();
    let outcome = processes::list(directory).map(|pids| {
        for pid in pids {
            if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
                // The only error left is that it is gone.
                let _ = kill_process(pid, Signal::KILL);
            }
            killed.insert(pid);
        }
    });
    // A frozen process dies when it is thawed.
    if let (Some(freezer), Ok(_)) = (freezer, frozen) {
        freezer::thaw_all(freezer)?;
    }
    outcome.map(|()| true)
}
