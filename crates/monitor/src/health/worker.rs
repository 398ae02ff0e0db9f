//! A process that probes: one in the container, or a copy of this one that looks into it.

use std::os::fd::{AsFd, OwnedFd};

use corten_runtime::{Started, Target, spawn_exec};
use corten_sys::pidfd;
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, getpgid, kill_process_group};

use super::attempt::Place;
use super::output::{KEPT, Output};
use crate::failure::{Failure, doing};
use crate::foreign;
use crate::monitor::reap;
use crate::protocol::{Exec, Streams};
use crate::stdio::{self, Near};

/// How a command is connected.
pub(super) const STREAMS: Streams = Streams { tty: false, open_stdin: false, stdin_once: false, size: None };

/// What a pipe holds by default (pipe(7)).
const PIPE: usize = 64 * 1024;

/// The process, until it is reaped.
#[derive(Debug)]
pub(super) struct Worker {
    /// The session in the container, where it is one.
    pub(super) exec: Option<String>,
    process: OwnedFd,
    /// The group that it leads, until it is reaped.
    group: Option<Pid>,
    /// Where it writes to; one that has ended is no longer in here.
    outputs: Vec<OwnedFd>,
    output: Output,
}

impl Worker {
    /// One that runs, and what it writes to, which does not block.
    pub(super) fn new(process: OwnedFd, outputs: Vec<OwnedFd>) -> Self {
        Self { exec: None, process, group: None, outputs, output: Output::default() }
    }

    /// Starts a command in the container. Returns once it runs its program.
    pub(super) fn command(exec: &Exec, place: &Place, channel: &OwnedFd) -> Result<Self, Failure> {
        let (started, near) = enter(exec, place, channel)?;
        let outputs = match near {
            Near::Pipes { stdout, stderr, .. } => vec![stdout, stderr],
            Near::Terminal => Vec::new(),
        };
        let exec = Some(exec.launch.id.clone());
        Ok(Self { exec, group: led_by(started.pid), ..Self::new(started.pidfd, outputs) })
    }

    /// What there is to wait for.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = PollFd<'_>> {
        let all = std::iter::once(&self.process).chain(&self.outputs);
        all.map(|descriptor| PollFd::new(descriptor, PollFlags::IN))
    }

    /// Takes what it has written; its exit code, once it has ended.
    pub(super) fn advance(&mut self) -> Option<i32> {
        self.read();
        let exit = reap(&self.process)?;
        // Its number may be another's from now on.
        self.group = None;
        // As much as pipes hold: what a descendant goes on writing is not waited for.
        for _ in 0..PIPE / KEPT {
            self.read();
        }
        Some(exit.shell_code())
    }

    /// The beginning of what it has written.
    pub(super) fn output(&self) -> String {
        self.output.text()
    }

    /// Ends it, and what runs on its behalf: a shell that is killed leaves behind whatever it waits for, one more with each probe.
    pub(super) fn kill(&self) {
        // Failure means that it has ended, which is about to be seen.
        if let Some(group) = self.group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = pidfd::send_signal(&self.process, Signal::KILL.as_raw());
    }

    /// Of what is not kept the rest is read, too: it must not block.
    fn read(&mut self) {
        let Self { outputs, output, .. } = self;
        outputs.retain(|source| {
            let mut bytes = [0; KEPT];
            match rustix::io::read(source.as_fd(), &mut bytes) {
                Ok(0) => false,
                Ok(length) => {
                    output.push(&bytes[..length]);
                    true
                }
                Err(Errno::AGAIN | Errno::INTR) => true,
                Err(_) => false,
            }
        });
    }
}

/// The group of a process that leads one: a session does (setsid(2)), where the runtime is one that says which process it is.
fn led_by(pid: u32) -> Option<Pid> {
    let pid = Pid::from_raw(pid.cast_signed())?;
    let leads = pid != Pid::INIT && getpgid(Some(pid)) == Ok(pid);
    leads.then_some(pid)
}

/// Has the process made, by the container's own runtime.
fn enter(exec: &Exec, place: &Place, channel: &OwnedFd) -> Result<(Started, Near), Failure> {
    let (far, near) = doing("make the probe's streams", stdio::prepare(&exec.streams))?;
    // An engine's container has a mount namespace of its own.
    let (pid, pidfd, cgroup) = (place.pid, &place.init, &place.cgroup);
    let target = Target { pid, pidfd, cgroup, shares_mounts: false };
    let started = match &exec.foreign {
        None => {
            let starting = spawn_exec(&target, &exec.launch, far, None)
                .map_err(|error| Failure::new(corten_error::chain(&error)))?;
            starting.wait()?
        }
        Some(foreign) => foreign::start_session(exec, (foreign, cgroup.clone()), (far, &near), channel)?,
    };
    Ok((started, near))
}
