//! What a monitor has of its container's health: the channel to the prober, and the report that it writes.
//!
//! Everything here is as short as what a monitor does between two waits has to be.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corten_sys::clone::{Clone3, spawn};
use corten_sys::exec::execve;
use corten_sys::{packet, pidfd};
use rustix::process::Signal;
use rustix::stdio::dup2_stdin;
use rustix::thread::ThreadNameSpaceType;
use serde::{Deserialize, Serialize};

use super::PROBE;
use super::plan::{HealthPlan, OnFailure};
use super::report::{self, ProbeResult, Report, Status};
use super::told::{News, ORDER, Order, Told};
use super::verdict::Rules;
use crate::channel::{Heard, hear, tell};
use crate::chronicle::Sender;
use crate::clock;
use crate::control::seal;
use crate::monitor::{Init, Monitor};
use crate::protocol::Start;
use crate::reexecution::{Incoming, Outgoing, ResumeError};
use crate::stdio::non_blocking;

/// How long a prober may take to end once its channel has.
const LEAVING: Duration = Duration::from_secs(2);

/// What is said of a container whose prober somebody has killed.
const LOST: &str = "the process that probes this container's health has ended; the next start of the container makes a new one";

/// A session's exit code where SIGKILL ended it.
const KILLED: i32 = 128 + 9;

/// The process that probes. Dropping this ends it.
#[derive(Debug)]
pub(crate) struct Prober {
    channel: OwnedFd,
    process: OwnedFd,
    rules: Rules,
}

impl Prober {
    /// Starts one; it waits until it is told that the container runs.
    ///
    /// # Errors
    /// What socketpair(2), memfd_create(2) and clone3(2) say.
    pub(crate) fn start(start: &Start, plan: &HealthPlan) -> io::Result<Self> {
        let order = Order {
            plan: plan.clone(),
            cgroup_path: start.launch.cgroup_path.clone(),
            monitor_cgroup: start.monitor_cgroup.clone(),
            foreign: start.foreign.clone(),
        };
        let document = seal("corten-probe", &order)?;
        let (here, there) = packet::pair()?;
        packet::send(&here, ORDER, &[document.as_fd()])?;
        let same = Clone3 { namespaces: ThreadNameSpaceType::empty(), cgroup: None };
        let child = spawn(same, || execute(&there))?;
        Ok(Self { channel: non_blocking(here)?, process: child.pidfd, rules: Rules::of(plan) })
    }
}

/// In the copy: becomes the prober, with nothing of this process. Returns only where that failed.
fn execute(channel: &OwnedFd) -> i32 {
    // The path of this program, which a container's init may be.
    let own = std::env::args_os().next().unwrap_or_default().into_vec();
    let words = [own, b"monitor".to_vec(), PROBE.into()];
    let words: Vec<CString> = words.into_iter().flat_map(CString::new).collect();
    if dup2_stdin(channel).is_ok() {
        drop(execve(c"/proc/self/exe", &words, &[]));
    }
    1
}

impl Drop for Prober {
    fn drop(&mut self) {
        // It finds the channel closed, gives up a probe that runs, and ends.
        let _ = rustix::net::shutdown(&self.channel, rustix::net::Shutdown::Both);
        if !pidfd::ends_within(&self.process, LEAVING).unwrap_or(false) {
            let _ = pidfd::send_signal(&self.process, Signal::KILL.as_raw());
        }
        let _ = pidfd::try_wait(&self.process);
    }
}

/// The health of the container.
#[derive(Debug)]
pub(crate) struct Ward {
    /// `None` once it has been lost.
    prober: Option<Prober>,
    report: Report,
    run: PathBuf,
    /// The session whose process runs just now.
    probing: Option<String>,
}

/// As it crosses a re-execution; the report is in its file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedWard {
    prober: Option<(u32, u32, Rules)>,
    probing: Option<String>,
}

impl Ward {
    /// Lets the prober begin: the container runs. The report is there when this returns.
    pub(crate) fn begin(prober: Prober, init: &Init, run: &Path) -> Self {
        // One that cannot be told would wait for ever. It ends when its channel does, and is missed with the first look at that, as one
        // that is gone already.
        if tell(&prober.channel, &Told::Go { pid: init.pid }, &[init.pidfd.as_fd()]).is_err() {
            let _ = rustix::net::shutdown(&prober.channel, rustix::net::Shutdown::Both);
        }
        let report = Report::begin(report::read(run), clock::now());
        // Without a file, engines know as little as they would of a container without a check.
        let _ = report.write(run);
        Self { prober: Some(prober), report, run: run.to_owned(), probing: None }
    }

    /// The channel to its prober.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.prober.as_ref().map(|prober| prober.channel.as_fd())
    }

    /// As it crosses a re-execution.
    pub(crate) fn save<'a>(&'a self, outgoing: &mut Outgoing<'a>) -> SavedWard {
        let prober = self.prober.as_ref().map(|prober| {
            let Prober { channel, process, rules } = prober;
            (outgoing.put(channel.as_fd()), outgoing.put(process.as_fd()), rules.clone())
        });
        SavedWard { prober, probing: self.probing.clone() }
    }

    /// The ward again.
    ///
    /// # Errors
    /// Where a descriptor is missing.
    pub(crate) fn restore(
        saved: SavedWard,
        run: &Path,
        incoming: &mut Incoming,
    ) -> Result<Self, ResumeError> {
        let prober = match saved.prober {
            Some((channel, process, rules)) => {
                Some(Prober { channel: incoming.take(channel)?, process: incoming.take(process)?, rules })
            }
            None => None,
        };
        let report = report::read(run).unwrap_or_else(|| Report::begin(None, clock::now()));
        Ok(Self { prober, report, run: run.to_owned(), probing: saved.probing })
    }

    fn tell(&self, word: &Told) {
        if let Some(prober) = &self.prober {
            // One that is gone is missed with the next look at its channel.
            let _ = tell(&prober.channel, word, &[]);
        }
    }

    /// Takes a result in. The new status, where it is one.
    fn take(&mut self, (result, since_start): (ProbeResult, Duration)) -> Option<Status> {
        let rules = &self.prober.as_ref()?.rules;
        self.report.take(result, since_start, rules)
    }
}

impl Monitor {
    /// Hears what the prober has to tell.
    pub(crate) fn hear_prober(&mut self) {
        let Some(ward) = &mut self.ward else { return };
        let Some(prober) = &ward.prober else { return };
        match hear(&prober.channel, &mut self.buffer) {
            Heard::Nothing => {}
            Heard::Said(news, _) => self.take_news(news),
            Heard::End => self.lose_prober(),
        }
    }

    fn take_news(&mut self, news: News) {
        let Some(ward) = &mut self.ward else { return };
        let at = clock::now();
        if let Some(begun) = news.begun {
            self.chronicle.probe_begun(&begun.exec, &begun.command, begun.runs, at);
            ward.probing = begun.runs.then_some(begun.exec);
        }
        if news.ended.is_some() {
            ward.probing = None;
        }
        let changed = news.result.and_then(|result| {
            let changed = ward.take(result);
            self.chronicle.note_failure(ward.report.write(&ward.run));
            changed
        });
        self.chronicle.probe_ended(news.ended, changed, at);
        if changed == Some(Status::Unhealthy) {
            self.act_on_failure();
        }
    }

    fn act_on_failure(&mut self) {
        let action = self.ward.as_ref().and_then(|ward| Some(ward.prober.as_ref()?.rules.on_failure.clone()));
        // A refusal means that the container has ended by itself, which is about to be seen.
        match action {
            None | Some(OnFailure::None) => {}
            Some(OnFailure::Kill) => self.kill(Sender::Health),
            Some(OnFailure::Stop { signal, grace_ms }) => drop(self.end_by(signal, grace_ms, Sender::Health)),
        }
    }

    /// Somebody has killed the prober, and nobody here may start another. What is not known to be healthy is not called so.
    fn lose_prober(&mut self) {
        let Some(ward) = &mut self.ward else { return };
        ward.prober = None;
        let at = clock::now();
        let result =
            ProbeResult { start: at, end: at, exit_code: -1, output: LOST.to_owned(), not_started: false };
        ward.report.keep(result);
        let changed = ward.report.leave_unprobed(at);
        let ended = ward.probing.take().map(|exec| (exec, KILLED));
        self.chronicle.note_failure(ward.report.write(&ward.run));
        self.chronicle.probe_ended(ended, changed, at);
    }

    /// Stops probing while the container is frozen, and begins again. Docker calls it unhealthy until the next probe, and tells nobody.
    pub(crate) fn suspend_probes(&mut self, suspended: bool) {
        let Some(ward) = &mut self.ward else { return };
        ward.tell(if suspended { &Told::Suspend } else { &Told::Resume });
        if suspended && ward.report.leave_unprobed(clock::now()).is_some() {
            self.chronicle.note_failure(ward.report.write(&ward.run));
        }
    }

    /// Nothing is probed from here on: the container has ended, and its last probe with it.
    pub(crate) fn end_probes(&mut self) {
        let Some(ward) = self.ward.take() else { return };
        let ended = ward.probing.map(|exec| (exec, KILLED));
        drop(ward.prober);
        self.chronicle.probe_ended(ended, None, clock::now());
    }
}
