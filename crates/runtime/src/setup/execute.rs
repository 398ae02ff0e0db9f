//! The end of the set-up: the gate, the last words to the starter, and execve(2).
//!
//! After it nothing of this program is left in the process.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use corten_spec::runtime::State;
use corten_sys::{exec, signal};
use rustix::io::Errno;

use super::Common;
use crate::failure::{Doing, Failure};
use crate::init::PROGRAM_NAME;
use crate::message::{self, Message};
use crate::search::exit_code;

/// What is executed.
pub(super) enum Program {
    /// The program that was found, with the process's arguments.
    Path(CString),
    /// Our own, open, with the process's arguments after its own.
    ReapingInit(OwnedFd),
}

impl Program {
    pub(super) fn reaping_init(own: OwnedFd) -> Self {
        Self::ReapingInit(own)
    }
}

/// Tells the starter that all is ready, and waits for the byte that `start` writes.
pub(super) fn wait_at_gate(common: &mut Common<'_>) -> Result<(), Failure> {
    let Some(gate) = common.outliving.and_then(|outliving| outliving.gate.as_ref()) else { return Ok(()) };
    if let Some(channel) = common.channel.take() {
        message::tell(&channel, &Message::Prepared, None).doing(|| "tell the starter".into())?;
    }
    let mut byte = [0; 1];
    rustix::io::retry_on_intr(|| rustix::io::read(gate.as_fd(), &mut byte))
        .map(drop)
        .doing(|| "wait for the start".into())
}

pub(super) fn run_hooks(common: &mut Common<'_>) -> Result<(), Failure> {
    let Some((hooks, state)) = common.hooks else { return Ok(()) };
    // In its own pid namespace the process knows itself by this number only.
    let state = State { pid: Some(std::process::id()), ..state.clone() };
    crate::hook::run_all("startContainer", &hooks.start_container, &state)
}

/// The starter learns the rest from the end of the channel.
pub(super) fn announce(common: &mut Common<'_>) -> Result<(), Failure> {
    if let Some(channel) = &common.channel {
        message::tell(channel, &Message::Executing, None).doing(|| "tell the starter".into())?;
    }
    // The program must find the defaults, not what this process or its starter ignores or blocks.
    signal::reset_to_default().doing(|| "reset signals".into())
}

pub(super) fn execute(common: &mut Common<'_>) -> Result<(), Failure> {
    let arguments = &common.plan.arguments;
    let (error, name) = match &common.program {
        Some(Program::Path(path)) => {
            (exec::execve(path, arguments, &common.environment), path.to_string_lossy())
        }
        Some(Program::ReapingInit(own)) => {
            let before = [PROGRAM_NAME, c"--"].map(CString::from);
            let all: Vec<_> = before.into_iter().chain(arguments.iter().cloned()).collect();
            (exec::execute_descriptor(own.as_fd(), &all, &common.environment), PROGRAM_NAME.to_string_lossy())
        }
        None => return Err(Failure::refused("no program was found")),
    };
    let errno = Errno::from_io_error(&error).unwrap_or(Errno::INVAL);
    Err(Failure::system(format!("exec {name}"), &error).with_exit_code(exit_code(errno)))
}
