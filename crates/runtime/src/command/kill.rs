//! `kill`: a signal to the container's init, or to all its processes.
//!
//! It does not wait for the effect.

use corten_spec::signal::Signal;
use corten_sys::{pidfd, signal};

use super::container::Container;
use super::error::CommandError;
use super::options::{Flag, Parsed};
use super::settings::Settings;

pub(super) const FLAGS: &[Flag] = &[Flag::switch("all", "a")];

pub(super) fn kill(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    let (id, word) = match parsed.arguments.as_slice() {
        [id] => (id, "SIGTERM"),
        [id, word] => (id, word.as_str()),
        _ => return Err(CommandError::Usage("kill takes a container and a signal".into())),
    };
    let wanted = number(word)?;
    let container = Container::open(&settings.root, id)?;
    if parsed.is_set("all") {
        return all(&container, wanted).map(|()| 0);
    }
    let stopped = || CommandError::State("container not running".into());
    let init = container.init().ok_or_else(stopped)?;
    pidfd::send_signal(&init, wanted).map_err(CommandError::io(format!("signal container `{id}`")))?;
    Ok(0)
}

/// 0 sends nothing, and tells whether the container runs (kill(2)).
fn number(word: &str) -> Result<i32, CommandError> {
    if word == "0" {
        return Ok(0);
    }
    let signal: Result<Signal, _> = word.parse();
    signal.map(Signal::number).map_err(|_| CommandError::Usage(format!("unknown signal `{word}`")))
}

/// Also after the init has ended: in a pid namespace that is not its own, others can outlive it.
fn all(container: &Container, wanted: i32) -> Result<(), CommandError> {
    if wanted == rustix::process::Signal::KILL.as_raw() {
        return container.cgroup.kill().map_err(CommandError::cgroup("kill the container's processes"));
    }
    let pids = container.cgroup.pids().map_err(CommandError::cgroup("list the container's processes"))?;
    for pid in pids {
        // One that has ended meanwhile needs no signal.
        let _ = signal::kill(pid as i32, wanted);
    }
    Ok(())
}
