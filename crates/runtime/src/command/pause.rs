//! `pause` and `resume`: through the cgroup's freezer.
//!
//! Both return once it is so.

use corten_spec::runtime::Status;

use super::container::Container;
use super::error::CommandError;
use super::options::Parsed;
use super::settings::Settings;

pub(super) fn pause(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    let container = Container::open(&settings.root, parsed.container()?)?;
    match container.status()? {
        Status::Running | Status::Created => {}
        _ => return Err(CommandError::State("container not running".into())),
    }
    container.cgroup.freeze().map_err(CommandError::cgroup("pause the container"))?;
    Ok(0)
}

pub(super) fn resume(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    let container = Container::open(&settings.root, parsed.container()?)?;
    if !container.cgroup.is_frozen().map_err(CommandError::cgroup("read the state of the cgroup"))? {
        return Err(CommandError::State("container not paused".into()));
    }
    container.cgroup.thaw().map_err(CommandError::cgroup("resume the container"))?;
    Ok(0)
}
