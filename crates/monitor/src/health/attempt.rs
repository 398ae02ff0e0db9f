//! One probe that runs: a process, what it writes, and how long it may take.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use corten_cgroups::Cgroup;
use corten_runtime::{Started, Target, spawn_exec};
use corten_spec::duration::format_go;
use corten_spec::time::Timestamp;
use corten_sys::pidfd;
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::process::Signal;

use super::output::{KEPT, Output};
use super::report::ProbeResult;
use crate::clock;
use crate::failure::{Failure, doing};
use crate::foreign;
use crate::moment::Moment;
use crate::monitor::reap;
use crate::protocol::{Exec, Streams};
use crate::stdio::{self, Near};

/// What stands for the exit code of a probe that has none.
const NO_EXIT_CODE: i32 = -1;

/// How a probe is connected.
pub(super) const STREAMS: Streams = Streams { tty: false, open_stdin: false, stdin_once: false, size: None };

/// The running container, as probes find it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) pid: u32,
    pub(super) init: OwnedFd,
    pub(super) cgroup: Cgroup,
    /// When it began to run.
    pub(super) since: Moment,
}

/// When a probe began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beginning {
    at: Timestamp,
    since_start: Duration,
}

impl Beginning {
    pub(super) fn now(place: &Place) -> Self {
        Self { at: clock::now(), since_start: Moment::now().from(place.since) }
    }

    /// The result of a probe that ends just now.
    fn result(self, exit_code: i32, output: String) -> (ProbeResult, Duration) {
        let end = clock::now();
        (ProbeResult { start: self.at, end, exit_code, output, not_started: false }, self.since_start)
    }

    /// The result of a probe that could not be made.
    pub(super) fn failed(self, failure: Failure) -> (ProbeResult, Duration) {
        let (result, since_start) = self.result(NO_EXIT_CODE, failure.message);
        (ProbeResult { not_started: true, ..result }, since_start)
    }
}

/// A probe that runs, or whose process is still to be reaped.
#[derive(Debug)]
pub(super) struct Attempt {
    /// The session in the container.
    pub(super) exec: String,
    process: OwnedFd,
    /// Where it writes to; one that has ended is no longer in here.
    outputs: Vec<OwnedFd>,
    output: Output,
    beginning: Beginning,
    /// `None` once what it came to has been told, or is not to be.
    deadline: Option<Moment>,
    timeout: Duration,
}

/// What became of a probe.
#[derive(Debug)]
pub(super) struct Outcome {
    /// How its process ended.
    pub(super) exit_code: i32,
    /// What it came to, unless that has been told, or is not to be.
    pub(super) result: Option<(ProbeResult, Duration)>,
}

impl Attempt {
    /// Starts a process in the container. Returns once it runs its program; the time that this takes is none of the probe's.
    pub(super) fn start(
        exec: &Exec,
        place: &Place,
        channel: &OwnedFd,
        beginning: Beginning,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        let (started, near) = enter(exec, place, channel)?;
        let outputs = match near {
            Near::Pipes { stdout, stderr, .. } => vec![stdout, stderr],
            Near::Terminal => Vec::new(),
        };
        Ok(Self {
            exec: exec.launch.id.clone(),
            process: started.pidfd,
            outputs,
            output: Output::default(),
            beginning,
            deadline: Some(Moment::now().plus(timeout)),
            timeout,
        })
    }

    /// Until when it may run.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.deadline
    }

    /// What there is to wait for: first its end, then its output.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = PollFd<'_>> {
        let all = std::iter::once(&self.process).chain(&self.outputs);
        all.map(|descriptor| PollFd::new(descriptor, PollFlags::IN))
    }

    /// Takes what it has written. Of what is not kept the rest is read, too: it must not block.
    pub(super) fn read(&mut self) {
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

    /// What it came to, once it has ended.
    pub(super) fn ended(&mut self) -> Option<Outcome> {
        let exit = reap(&self.process)?;
        // As much as pipes hold: what a descendant goes on writing is not waited for.
        for _ in 0..PIPE / KEPT {
            self.read();
        }
        let exit_code = exit.shell_code();
        let told = self.deadline.take().map(|_| self.beginning.result(exit_code, self.output.text()));
        Some(Outcome { exit_code, result: told })
    }

    /// Kills it where its time is over; what it came to, then.
    pub(super) fn expire(&mut self, now: Moment) -> Option<(ProbeResult, Duration)> {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return None;
        }
        self.give_up();
        let time = format_go(i64::try_from(self.timeout.as_nanos()).unwrap_or(i64::MAX));
        let text = match self.output.text().as_str() {
            "" => format!("Health check exceeded timeout ({time})"),
            text => format!("Health check exceeded timeout ({time}): {text}"),
        };
        Some(self.beginning.result(NO_EXIT_CODE, text))
    }

    /// Kills it; what it would have come to is not told.
    pub(super) fn give_up(&mut self) {
        self.deadline = None;
        // Failure means that it has ended, which is about to be seen.
        let _ = pidfd::send_signal(&self.process, Signal::KILL.as_raw());
    }
}

/// What a pipe holds by default (pipe(7)).
const PIPE: usize = 64 * 1024;

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
