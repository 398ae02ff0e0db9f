//! One program takes over from another in the same process: a running container gets a newer monitor and notices nothing.
//!
//! How state and descriptors travel is [`crate::reexecution`]'s; this is what they are.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use corten_cgroups::Layout;
use corten_journal::FileLock;
use corten_sys::exec::execute_descriptor;
use rustix::stdio::dup2_stdin;
use serde::{Deserialize, Serialize};

use crate::birth::{take_signals, take_stdin};
use crate::chronicle::{Chronicle, Identity};
use crate::confinement::stay_confined;
use crate::control::{Connections, Listener};
use crate::foreign::Attendant;
use crate::health::{SavedWard, Ward};
use crate::life::{PROCESS_NAME, buffer, live, places, settling};
use crate::log::{Log, SavedLog, SavedMeans};
use crate::moment::Moment;
use crate::monitor::{Init, Monitor};
use crate::plan::Plan;
use crate::protocol::Reply;
use crate::reaper::Waiting;
use crate::reexecution::{Outgoing, ResumeError, pack, unpack};
use crate::refusal::Refusal;
use crate::sessions::{SavedSessions, Sessions};
use crate::stdio;
use crate::streams::{Multiplexer, SavedStreams};

/// The argument that tells a program to take over.
pub(crate) const RESUME: &str = "--resume";

/// A monitor on its way from one program to the next.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    plan: Plan,
    identity: Identity,
    init: (u32, u32),
    streams: SavedStreams,
    sessions: SavedSessions,
    reaper: Option<u32>,
    attendant: Option<(u32, u32)>,
    #[serde(default)]
    ward: Option<SavedWard>,
    listener: u32,
    connections: (u32, Vec<(u32, u32)>),
    lock: u32,
    kill_at: Option<Moment>,
    stopping: bool,
    #[serde(default)]
    log: SavedLog,
    #[serde(default)]
    log_means: SavedMeans,
    /// Who waits for the answer.
    requester: u32,
}

impl Monitor {
    /// Becomes the program that was asked for, unless an exec session is half-way started: that one cannot travel, and is about
    /// to be done. Returns where nothing was asked for or the successor did not start; everything is as before then.
    pub(crate) fn hand_over(&mut self) {
        if self.sessions.iter().any(crate::session::Session::is_starting) {
            return;
        }
        let Some((requester, program)) = self.successor.take() else { return };
        let error = self.execute(requester, &program);
        self.connections.reply(requester, &Refusal::internal("re-execute", &error).into());
    }

    fn execute(&self, requester: u32, program: &OwnedFd) -> io::Error {
        let packed = {
            let mut outgoing = Outgoing::default();
            let state = self.save(requester, &mut outgoing);
            pack(&state, &outgoing)
        };
        let become_it = |socket: OwnedFd| {
            dup2_stdin(&socket)?;
            let arguments =
                ["corten-monitor", "monitor", RESUME].map(|word| CString::new(word).unwrap_or_default());
            Ok(execute_descriptor(program.as_fd(), &arguments, &[]))
        };
        let error = packed.and_then(become_it).unwrap_or_else(|error| error);
        // What was queued for the successor goes with the last descriptor of its socket.
        let _ = stdio::null().and_then(|null| Ok(dup2_stdin(null)?));
        error
    }

    fn save<'a>(&'a self, requester: u32, outgoing: &mut Outgoing<'a>) -> State {
        State {
            plan: self.plan.clone(),
            identity: self.chronicle.identity().clone(),
            init: (self.init.pid, outgoing.put(self.init.pidfd.as_fd())),
            streams: self.streams.save(outgoing),
            sessions: self.sessions.save(outgoing),
            reaper: self.reaper.as_ref().map(|reaper| outgoing.put(reaper.as_fd())),
            attendant: self.attendant.as_ref().map(|attendant| {
                let (channel, process) = attendant.descriptors();
                (outgoing.put(channel), outgoing.put(process))
            }),
            ward: self.ward.as_ref().map(|ward| ward.save(outgoing)),
            listener: outgoing.put(self.listener.descriptor()),
            connections: self.connections.save(outgoing),
            lock: outgoing.put(self.lock.as_fd()),
            kill_at: self.kill_at,
            stopping: self.stopping,
            log: self.log.save(),
            log_means: self.log.means(outgoing),
            requester,
        }
    }
}

/// Takes over from a predecessor. Returns the exit status; failing ends the container, as any end of a monitor does.
pub(crate) fn resume() -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let resumed = take_stdin().map_err(ResumeError::Receive).and_then(|socket| restore(&socket));
    match resumed {
        Ok((requester, mut monitor)) => {
            monitor.connections.reply(requester, &Reply::Done);
            live(monitor)
        }
        Err(_) => 1,
    }
}

fn restore(socket: &OwnedFd) -> Result<(u32, Monitor), ResumeError> {
    let (state, mut incoming): (State, _) = unpack(socket)?;
    let plan = state.plan;
    let layout = Layout::detect().map_err(reopening("the control groups"))?;
    let cgroup = layout.open(&plan.cgroup_path).map_err(reopening("the control group"))?;
    stay_confined(&places(&plan.paths, Some(&cgroup))).map_err(reopening("the confinement"))?;
    let means = state.log_means.restore(&mut incoming)?;
    let monitor = Monitor {
        chronicle: Chronicle::open(&plan.paths, state.identity).map_err(reopening("the journal"))?,
        init: Init { pid: state.init.0, pidfd: incoming.take(state.init.1)? },
        cgroup,
        streams: Multiplexer::restore(state.streams, &mut incoming)?,
        log: Log::restore(&plan.log, &plan.paths, state.log, means),
        sessions: Sessions::restore(state.sessions, &mut incoming)?,
        reaper: state.reaper.map(|slot| incoming.take(slot).map(Waiting::restore)).transpose()?,
        attendant: match state.attendant {
            Some((channel, process)) => {
                Some(Attendant::restore(incoming.take(channel)?, incoming.take(process)?))
            }
            None => None,
        },
        ward: state.ward.map(|ward| Ward::restore(ward, &plan.paths.run, &mut incoming)).transpose()?,
        listener: Listener::restore(incoming.take(state.listener)?, plan.paths.run.clone()),
        connections: Connections::restore(state.connections, &mut incoming)?,
        signals: take_signals().map_err(reopening("the signals"))?,
        lock: FileLock::from_fd(incoming.take(state.lock)?).map_err(reopening("the lock"))?,
        kill_at: state.kill_at,
        stopping: state.stopping,
        successor: None,
        rests_until: None,
        settles_at: Some(settling()),
        buffer: buffer(),
        plan,
    };
    Ok((state.requester, monitor))
}

fn reopening<E: std::error::Error + Send + Sync + 'static>(
    what: &'static str,
) -> impl FnOnce(E) -> ResumeError {
    move |error| ResumeError::Reopen(what, Box::new(error))
}
