//! One program takes over from another in the same process: a running container gets a newer monitor and notices nothing.
//!
//! How state and descriptors travel is [`crate::reexecution`]'s; this is what they are. A successor that cannot go on with them gives them
//! back: the predecessor's program is among them, and the container lives on under that.
//!
//! The state is written by one version and read by another. What is added to it has a default; nothing is taken away or changes its
//! meaning. `recorded/` holds states as versions wrote them, and a test reads each.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use corten_cgroups::Layout;
use corten_journal::FileLock;
use corten_sys::exec::execute_descriptor;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::stdio::dup2_stdin;
use serde::{Deserialize, Serialize};

use crate::birth::{take_signals, take_stdin};
use crate::chronicle::{Chronicle, Identity, Memory};
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
use crate::reexecution::{Incoming, Outgoing, Parcel, ResumeError, pack};
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
    #[serde(default)]
    memory: Memory,
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
    /// The program that hands over.
    #[serde(default)]
    predecessor: Option<u32>,
}

/// As much of any version's state as it takes to go back.
#[derive(Debug, Deserialize)]
struct WayBack {
    #[serde(default)]
    predecessor: Option<u32>,
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
        // Without it there is no way back, and everything else is as it should be.
        let own = openat(CWD, "/proc/self/exe", OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok();
        let packed = {
            let mut outgoing = Outgoing::default();
            let mut state = self.save(requester, &mut outgoing);
            state.predecessor = own.as_ref().map(|own| outgoing.put(own.as_fd()));
            pack(&state, &outgoing)
        };
        let error = packed
            .and_then(|socket| become_program(program.as_fd(), &socket, None))
            .unwrap_or_else(|error| error);
        // What was queued for the successor goes with the last descriptor of its socket.
        let _ = stdio::null().and_then(|null| Ok(dup2_stdin(null)?));
        error
    }

    fn save<'a>(&'a self, requester: u32, outgoing: &mut Outgoing<'a>) -> State {
        State {
            plan: self.plan.clone(),
            identity: self.chronicle.identity().clone(),
            memory: self.chronicle.memory().clone(),
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
            predecessor: None,
        }
    }
}

/// Becomes a program that finds state and descriptors in `socket`, and hears why its own successor has given them back to it. Returns
/// only if that fails.
fn become_program(
    program: BorrowedFd<'_>,
    socket: &OwnedFd,
    given_back: Option<&str>,
) -> io::Result<io::Error> {
    dup2_stdin(socket)?;
    let words = ["corten-monitor", "monitor", RESUME].into_iter().chain(given_back);
    let arguments: Vec<_> = words.map(|word| CString::new(word).unwrap_or_default()).collect();
    Ok(execute_descriptor(program, &arguments, &[]))
}

/// Takes over from a predecessor, or again from a successor that could not go on and says why. Returns the exit status; failing then
/// ends the container, as any end of a monitor does.
pub(crate) fn resume(given_back: Option<&str>) -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let Ok(parcel) = take_stdin().map_err(ResumeError::Receive).and_then(Parcel::receive) else { return 1 };
    let restored = parcel.state().and_then(|state| restore(state, parcel.descriptors()?));
    match (restored, given_back) {
        (Ok((requester, mut monitor)), _) => {
            // With these, what is closed would stay open.
            drop(parcel);
            monitor.connections.reply(requester, &outcome(given_back));
            live(monitor)
        }
        (Err(error), None) => {
            hand_back(&parcel, &error);
            1
        }
        // It came from there.
        (Err(_), Some(_)) => 1,
    }
}

fn outcome(given_back: Option<&str>) -> Reply {
    given_back.map_or(Reply::Done, |reason| {
        Refusal::internal("re-execute", &io::Error::other(reason.to_owned())).into()
    })
}

/// Becomes the predecessor's program again. Returns where there is none, or it cannot be executed.
fn hand_back(parcel: &Parcel, error: &ResumeError) {
    let Ok(WayBack { predecessor: Some(slot) }) = parcel.state() else { return };
    let (Some(program), Ok(socket)) = (parcel.descriptor(slot), parcel.forward()) else { return };
    let _ = become_program(program, &socket, Some(&corten_error::chain(error)));
}

fn restore(state: State, mut incoming: Incoming) -> Result<(u32, Monitor), ResumeError> {
    let plan = state.plan;
    let layout = Layout::detect().map_err(reopening("the control groups"))?;
    let cgroup = layout.open(&plan.cgroup_path).map_err(reopening("the control group"))?;
    stay_confined(&places(&plan.paths, Some(&cgroup))).map_err(reopening("the confinement"))?;
    let means = state.log_means.restore(&mut incoming)?;
    let chronicle = Chronicle::open(&plan.paths, state.identity).map_err(reopening("the journal"))?;
    let chronicle = chronicle.remembering(state.memory);
    let init = Init { pid: state.init.0, pidfd: incoming.take(state.init.1)? };
    let streams = Multiplexer::restore(state.streams, &mut incoming)?;
    let sessions = Sessions::restore(state.sessions, &mut incoming)?;
    let listener = Listener::restore(incoming.take(state.listener)?, plan.paths.run.clone());
    let connections = Connections::restore(state.connections, &mut incoming)?;
    let signals = take_signals().map_err(reopening("the signals"))?;
    let lock = FileLock::from_fd(incoming.take(state.lock)?).map_err(reopening("the lock"))?;
    let reaper = state.reaper.map(|slot| incoming.take(slot)).transpose()?;
    let attendant = match state.attendant {
        Some((channel, process)) => Some((incoming.take(channel)?, incoming.take(process)?)),
        None => None,
    };
    // Nothing fails any more once there is one of these: with their own end they end what they stand for.
    let ward = state.ward.map(|ward| Ward::restore(ward, &plan.paths.run, &mut incoming)).transpose()?;
    let monitor = Monitor {
        chronicle,
        init,
        cgroup,
        streams,
        log: Log::restore(&plan.log, &plan.paths, state.log, means),
        sessions,
        reaper: reaper.map(Waiting::restore),
        attendant: attendant.map(|(channel, process)| Attendant::restore(channel, process)),
        ward,
        listener,
        connections,
        signals,
        lock,
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// A container with everything that has a process of its own, an attached client and a session; one that another runtime has made.
    const RECORDED: [&str; 2] =
        [include_str!("recorded/probed.json"), include_str!("recorded/attended.json")];

    /// Whether everything that `recorded` has is in `now`, as it was.
    fn is_kept(recorded: &Value, now: &Value) -> bool {
        match (recorded, now) {
            (Value::Object(recorded), Value::Object(now)) => {
                recorded.iter().all(|(name, value)| now.get(name).is_some_and(|now| is_kept(value, now)))
            }
            (Value::Array(recorded), Value::Array(now)) => {
                recorded.len() == now.len()
                    && recorded.iter().zip(now).all(|(recorded, now)| is_kept(recorded, now))
            }
            _ => recorded == now,
        }
    }

    #[test]
    fn states_that_earlier_versions_have_written_are_read_whole() {
        for recorded in RECORDED {
            let state: State = serde_json::from_str(recorded).unwrap();
            let (recorded, now) =
                (serde_json::from_str(recorded).unwrap(), serde_json::to_value(state).unwrap());
            assert!(is_kept(&recorded, &now), "{recorded:#}\nis now\n{now:#}");
        }
    }
}
