//! The v1 freezer.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::CgroupsError;
use crate::file;

const STATE: &str = "freezer.state";

/// Freezes all processes in a cgroup and below, and returns once they are.
///
/// Writing the state again makes the kernel look again; a process that forks while it is being frozen needs that. What cannot
/// be frozen in time is thawed: half frozen is worse than not.
pub(crate) fn freeze(directory: &Path, patience: Duration) -> Result<(), CgroupsError> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_micros(20);
    loop {
        file::write(&directory.join(STATE), "FROZEN")?;
        if is_frozen(directory)? {
            return Ok(());
        }
        if Instant::now() >= deadline {
            thaw(directory)?;
            return Err(CgroupsError::Late { path: directory.to_owned(), state: "frozen", patience });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

/// Lets them go on.
pub(crate) fn thaw(directory: &Path) -> Result<(), CgroupsError> {
    file::write(&directory.join(STATE), "THAWED")
}

/// Whether all of them are frozen.
pub(crate) fn is_frozen(directory: &Path) -> Result<bool, CgroupsError> {
    Ok(file::read(&directory.join(STATE))?.is_some_and(|state| state == "FROZEN"))
}
