//! The monitor's side of an attendant.
//!
//! It waits for what the attendant does; the attendant sees to it that nothing takes too long.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;

use corten_cgroups::Layout;
use corten_runtime::{Started, StdioSource};
use corten_sys::clone::{Clone3, spawn};
use corten_sys::exec::execve;
use corten_sys::{packet, pidfd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpid, set_child_subreaper};
use rustix::stdio::dup2_stdin;
use rustix::thread::ThreadNameSpaceType;

use super::attendant::ATTEND;
use super::order::{DELETE, Duty, Order, START, Told};
use crate::control::seal;
use crate::ending::EMPTYING;
use crate::failure::{Failure, doing};
use crate::protocol::{Foreign, MAX_PACKET, Start};
use crate::stdio::Near;

/// How long an attendant may take to leave nothing: it calls its runtime once.
const LEAVING: Timespec = Timespec { tv_sec: 55, tv_nsec: 0 };

/// An attendant that is there. Dropping it has it leave nothing of the container, and waits for that.
#[derive(Debug)]
pub(crate) struct Attendant {
    channel: OwnedFd,
    /// Its pidfd: it is the monitor's child.
    process: OwnedFd,
}

/// A container that waits for its start. Dropping it leaves nothing of it.
#[derive(Debug)]
pub(crate) struct Created {
    started: Option<Started>,
    attendant: Option<Attendant>,
    /// What it is to run.
    program: String,
}

/// What goes to the attendant beside its order.
pub(crate) struct Hold<'a> {
    pub(crate) lock: BorrowedFd<'a>,
    pub(crate) network: Option<&'a OwnedFd>,
}

impl Created {
    /// Has a container made. What it writes to its standard error before it is there is its runtime's, and goes into the error.
    pub(crate) fn make(
        start: &Start,
        foreign: &Foreign,
        hold: &Hold<'_>,
        far: StdioSource,
        near: &Near,
    ) -> Result<Self, Failure> {
        let program = start.launch.spec.process.as_ref().and_then(|process| process.args.first());
        let program = program.cloned().unwrap_or_default();
        // The container's init is the child of a runtime that ends: from there it comes to this process, which waits for it.
        doing("become the parent of the container", set_child_subreaper(Some(getpid())))?;
        let duty = Duty::Container { foreign: foreign.clone(), network: hold.network.is_some() };
        let made = Attendant::engage(start, duty, hold, Some(&far)).and_then(|attendant| {
            // The runtime has it, and is to be the last who does.
            drop(far);
            Self::await_container(attendant, start, near, &program)
        });
        // What else the container leaves behind is not this process's to reap.
        doing("stop being the parent of everything", set_child_subreaper(None))?;
        // The attendant has done its part.
        let (started, attendant) = made.inspect_err(|_| remove_cgroup(&start.launch.cgroup_path))?;
        Ok(Self { started: Some(started), attendant: Some(attendant), program })
    }

    fn await_container(
        attendant: Attendant,
        start: &Start,
        near: &Near,
        program: &str,
    ) -> Result<(Started, Attendant), Failure> {
        let (told, beside) = attendant.hear()?;
        let pid = match told {
            Told::Created { pid } => pid,
            other => return Err(failure_of(other, &near.heard(), program)),
        };
        let path = &start.launch.cgroup_path;
        let cgroup =
            doing("open the container's cgroup", Layout::detect().and_then(|layout| layout.open(path)))?;
        let pidfd = doing("watch the container's init", pidfd::open(pid))?;
        Ok((Started { pid, pidfd, pty: beside.into_iter().next(), cgroup }, attendant))
    }

    /// What there is of it.
    pub(crate) fn process(&self) -> Option<&Started> {
        self.started.as_ref()
    }

    /// Lets its program run.
    pub(crate) fn start(mut self) -> Result<(Started, Attendant), Failure> {
        let (Some(attendant), true) = (&self.attendant, self.started.is_some()) else {
            return Err(Failure::new("the container is gone"));
        };
        attendant.start(&self.program)?;
        let (started, attendant) = (self.started.take(), self.attendant.take());
        started.zip(attendant).ok_or_else(|| Failure::new("the container is gone"))
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        // First, and reaped: runtimes wait for that when they delete.
        if let Some(started) = self.started.take() {
            let _ = pidfd::send_signal(&started.pidfd, Signal::KILL.as_raw());
            let _ = pidfd::wait(&started.pidfd);
            self.attendant = None;
            let _ = started.cgroup.remove(EMPTYING);
        }
    }
}

/// Takes away what a runtime may have left when it failed; what stays is found by `system check`.
fn remove_cgroup(path: &str) {
    let _ = Layout::detect().and_then(|layout| layout.open(path)?.remove(EMPTYING));
}

fn failure_of(told: Told, heard: &str, program: &str) -> Failure {
    match told {
        Told::Failed { exit_code, message } => Failure { exit_code, message },
        Told::Refused(complaint) => complaint.into_failure(heard, program),
        Told::Created { .. } | Told::Started => Failure::new("the attendant talks nonsense"),
    }
}

impl Attendant {
    /// One for the hooks of a container that runs and of one that is gone; `None` where it has none. Whoever may not start programs
    /// later asks for it before.
    pub(crate) fn for_hooks(start: &Start, init: u32, hold: &Hold<'_>) -> Result<Option<Self>, Failure> {
        let hooks = start.launch.spec.hooks.as_ref();
        if hooks.is_none_or(|hooks| hooks.poststart.is_empty() && hooks.poststop.is_empty()) {
            return Ok(None);
        }
        let hold = Hold { network: None, ..*hold };
        Self::engage(start, Duty::Hooks { init }, &hold, None).map(Some)
    }

    /// Has the container's program run, or does what comes right after that. `program` is the name of that program.
    pub(crate) fn start(&self, program: &str) -> Result<(), Failure> {
        doing("start the container", packet::send(&self.channel, START, &[]))?;
        match self.hear()?.0 {
            Told::Started => Ok(()),
            other => Err(failure_of(other, "", program)),
        }
    }

    /// Starts one, as a program of its own: it is to have nothing of this process.
    fn engage(
        start: &Start,
        duty: Duty,
        hold: &Hold<'_>,
        far: Option<&StdioSource>,
    ) -> Result<Self, Failure> {
        let order = Order { launch: start.launch.clone(), streams: start.streams.clone(), duty };
        let begun = seal("corten-order", &order).and_then(|document| {
            let (here, there) = packet::pair()?;
            let mut beside = vec![document.as_fd(), hold.lock];
            beside.extend(hold.network.map(AsFd::as_fd));
            if let Some(StdioSource::Pipes { stdin, stdout, stderr }) = far {
                beside.extend([stdin, stdout, stderr].map(AsFd::as_fd));
            }
            packet::send(&here, b"attend", &beside)?;
            let same = Clone3 { namespaces: ThreadNameSpaceType::empty(), cgroup: None };
            let child = spawn(same, || execute(&there))?;
            Ok(Self { channel: here, process: child.pidfd })
        });
        doing("start the container's attendant", begun)
    }

    fn hear(&self) -> Result<(Told, Vec<OwnedFd>), Failure> {
        let mut buffer = vec![0; MAX_PACKET];
        let packet =
            doing("wait for the container's attendant", packet::receive(&self.channel, &mut buffer))?;
        let told = serde_json::from_slice(&buffer[..packet.length]).map_err(io::Error::from);
        Ok((doing("understand the container's attendant", told)?, packet.descriptors))
    }

    /// The channel and the process, for a successor of the monitor.
    pub(crate) fn descriptors(&self) -> (BorrowedFd<'_>, BorrowedFd<'_>) {
        (self.channel.as_fd(), self.process.as_fd())
    }

    /// The attendant again, after a re-execution.
    pub(crate) fn restore(channel: OwnedFd, process: OwnedFd) -> Self {
        Self { channel, process }
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        // One that is gone was killed; whoever removes the cgroup ends what is left, and the run directory goes with the container.
        let _ = packet::send(&self.channel, DELETE, &[]);
        let _ = poll(&mut [PollFd::new(&self.process, PollFlags::IN)], Some(&LEAVING));
        let _ = pidfd::try_wait(&self.process);
    }
}

/// In the copy: becomes the attendant. Returns only where that failed.
fn execute(channel: &OwnedFd) -> i32 {
    // The path of this program, which a container's init may be.
    let own = std::env::args_os().next().unwrap_or_default().into_vec();
    let words = [own, b"monitor".to_vec(), ATTEND.into()];
    let words: Vec<CString> = words.into_iter().flat_map(CString::new).collect();
    if dup2_stdin(channel).is_ok() {
        drop(execve(c"/proc/self/exe", &words, &[]));
    }
    1
}
