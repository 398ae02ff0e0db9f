//! `delete`: forgets a container that has ended, and takes down what is left of it.
//!
//! The bundle is its owner's.

use std::time::Duration;

use corten_spec::runtime::Status;
use corten_sys::pidfd;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;

use super::container::{self, Container};
use super::error::CommandError;
use super::options::{Flag, Parsed};
use super::record;
use super::settings::Settings;
use crate::hook;

pub(super) const FLAGS: &[Flag] = &[Flag::switch("force", "f")];

/// How long the cgroup's last processes, killed already, may take to be gone.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn delete(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    let (id, force) = (parsed.container()?, parsed.is_set("force"));
    let container = match Container::open(&settings.root, id) {
        Err(CommandError::NotFound) => {
            record::forget(&settings.root, id)?;
            return if force { Ok(0) } else { Err(CommandError::NotFound) };
        }
        opened => opened?,
    };
    match container.status()? {
        Status::Stopped => {}
        // It has run nothing yet; runc ends it without being asked twice.
        Status::Created => end(&container)?,
        _ if force => end(&container)?,
        status => {
            let word = format!("{status:?}").to_lowercase();
            return Err(CommandError::State(format!(
                "cannot delete container {id} that is not stopped: {word}"
            )));
        }
    }
    destroy(container)?;
    Ok(0)
}

/// Kills the init, thawing it if need be, and waits until it has ended.
fn end(container: &Container) -> Result<(), CommandError> {
    let Some(init) = container.init() else { return Ok(()) };
    container.cgroup.kill().map_err(CommandError::cgroup("kill the container's processes"))?;
    // Should it have left its cgroup.
    let _ = pidfd::send_signal(&init, Signal::KILL.as_raw());
    // An interrupted poll would only mean an earlier look at the cgroup, which waits itself.
    let _ = poll(&mut [PollFd::new(&init, PollFlags::IN)], None);
    Ok(())
}

/// Ends what the init has left behind, removes the cgroup and the state, and runs the last hooks.
///
/// # Errors
/// What could not be removed; the state stays then, so that it can be tried again.
pub(super) fn destroy(container: Container) -> Result<(), CommandError> {
    let state = container::state_of(&container.record, Status::Stopped);
    container.cgroup.kill().map_err(CommandError::cgroup("kill what is left of the container"))?;
    container.cgroup.remove(PATIENCE).map_err(CommandError::cgroup("remove the container's cgroup"))?;
    let Container { directory, record, .. } = container;
    record.unmount_root()?;
    directory.remove()?;
    let mut failed = Ok(());
    for due in record.spec.hooks.iter().flat_map(|hooks| &hooks.poststop) {
        // Every one runs, whatever became of those before it (runtime.md, lifecycle).
        let told = |failure| CommandError::Hook(format!("error running poststop hook: {failure}"));
        let ran = hook::run(due, &state).map_err(told);
        failed = failed.and(ran);
    }
    failed
}
