//! `start`: opens the gate that a created container waits at.
//!
//! It does not wait for the program.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

use corten_spec::runtime::{State, Status};
use rustix::fs::OFlags;

use super::container::Container;
use super::error::CommandError;
use super::options::Parsed;
use super::record::Record;
use super::settings::Settings;
use crate::hook;

pub(super) fn start(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    let container = Container::open(&settings.root, parsed.container()?)?;
    match container.status()? {
        Status::Created => {}
        Status::Stopped => {
            return Err(CommandError::State("cannot start a container that has stopped".into()));
        }
        _ => return Err(CommandError::State("cannot start an already running container".into())),
    }
    open_gate(&container)?;
    run_poststart(&container.state()?, &container.record)?;
    Ok(0)
}

fn open_gate(container: &Container) -> Result<(), CommandError> {
    let path = container.directory.gate();
    // Without a reader, which would be the container, opening fails instead of waiting.
    let opened = OpenOptions::new().write(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(&path);
    let written = opened.and_then(|mut gate| gate.write_all(b"0"));
    match written {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            Err(CommandError::State("cannot start a container that has stopped".into()))
        }
        written => written.and_then(|()| fs::remove_file(&path)).map_err(|cause: io::Error| {
            CommandError::Io { operation: format!("open gate `{}`", path.display()), cause }
        }),
    }
}

/// # Errors
/// The first hook that failed; the container runs on, as the specification wants it.
pub(super) fn run_poststart(state: &State, record: &Record) -> Result<(), CommandError> {
    let hooks = record.spec.hooks.as_ref().map_or(&[][..], |hooks| &hooks.poststart);
    hook::run_all("poststart", hooks, state).map_err(|failure| CommandError::Hook(failure.to_string()))
}
