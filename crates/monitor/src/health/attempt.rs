//! One probe that is under way: what tries, since when, and how long it may take.

use std::os::fd::OwnedFd;
use std::time::Duration;

use corten_cgroups::Cgroup;
use corten_spec::duration::format_go;
use corten_spec::time::Timestamp;
use rustix::event::PollFd;

use super::connection::Connection;
use super::report::ProbeResult;
use super::worker::Worker;
use crate::clock;
use crate::failure::Failure;
use crate::moment::Moment;

/// What stands for the exit code of a probe that has none.
const NO_EXIT_CODE: i32 = -1;

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

/// What tries.
#[derive(Debug)]
pub(super) enum Trial {
    /// A process.
    Process(Worker),
    /// This process itself, over the network.
    Connection(Connection),
}

/// A probe that is under way, or whose process is still to be reaped.
#[derive(Debug)]
pub(super) struct Attempt {
    trial: Trial,
    beginning: Beginning,
    /// `None` once what it came to has been told, or is not to be.
    deadline: Option<Moment>,
    timeout: Duration,
}

/// What became of a probe.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Its session in the container, where it had one.
    pub(super) exec: Option<String>,
    /// How it ended.
    pub(super) exit_code: i32,
    /// What it came to, unless that has been told, or is not to be.
    pub(super) result: Option<(ProbeResult, Duration)>,
}

impl Attempt {
    /// Of a trial that has just begun; what it took to begin is none of the probe's time.
    pub(super) fn new(trial: Trial, beginning: Beginning, timeout: Duration) -> Self {
        Self { trial, beginning, deadline: Some(Moment::now().plus(timeout)), timeout }
    }

    /// Until when it may run.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.deadline
    }

    /// What there is to wait for.
    pub(super) fn descriptors(&self) -> Vec<PollFd<'_>> {
        match &self.trial {
            Trial::Process(worker) => worker.descriptors().collect(),
            Trial::Connection(connection) => connection.descriptor().into_iter().collect(),
        }
    }

    /// Goes on as far as that goes without waiting; what it came to, once it is over.
    pub(super) fn advance(&mut self) -> Option<Outcome> {
        let (exec, exit_code, output) = match &mut self.trial {
            Trial::Process(worker) => {
                let exit_code = worker.advance()?;
                (worker.exec.take(), exit_code, worker.output())
            }
            Trial::Connection(connection) => {
                let verdict = connection.advance()?;
                (None, i32::from(verdict.is_err()), verdict.unwrap_or_else(|failure| failure))
            }
        };
        let result = self.deadline.take().map(|_| self.beginning.result(exit_code, output));
        Some(Outcome { exec, exit_code, result })
    }

    /// Gives it up where its time is over; what it came to, then.
    pub(super) fn expire(&mut self, now: Moment) -> Option<(ProbeResult, Duration)> {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return None;
        }
        let so_far = match &self.trial {
            Trial::Process(worker) => worker.output(),
            Trial::Connection(connection) => connection.progress(),
        };
        self.give_up();
        let time = format_go(i64::try_from(self.timeout.as_nanos()).unwrap_or(i64::MAX));
        let text = match so_far.as_str() {
            "" => format!("Health check exceeded timeout ({time})"),
            text => format!("Health check exceeded timeout ({time}): {text}"),
        };
        Some(self.beginning.result(NO_EXIT_CODE, text))
    }

    /// Ends it; what it would have come to is not told.
    pub(super) fn give_up(&mut self) {
        self.deadline = None;
        match &mut self.trial {
            Trial::Process(worker) => worker.kill(),
            Trial::Connection(connection) => connection.give_up(),
        }
    }
}
