//! From an order to a running container, and then to its end.
//!
//! The order of steps is the point of this file: what an engine may ask for as soon as the container runs stands before it runs;
//! what is announced has been written down.

use std::os::fd::OwnedFd;

use corten_cgroups::Cgroup;
use corten_runtime::{Started, spawn_init};
use corten_spec::time::Timestamp;
use corten_sys::pidfd;
use corten_sys::signal::SignalFd;

use crate::birth::{Order, answer, identity};
use crate::chronicle::Chronicle;
use crate::clock;
use crate::control::{Connections, Listener, STARTER};
use crate::ending::EMPTYING;
use crate::failure::{Failure, doing};
use crate::log::Log;
use crate::moment::Moment;
use crate::monitor::{Init, Monitor};
use crate::plan::Plan;
use crate::protocol::{Attach, Reply, Start};
use crate::sessions::Sessions;
use crate::stdio::{self, non_blocking};
use crate::streams::Multiplexer;

/// Names the process for `ps`.
pub(crate) const PROCESS_NAME: &std::ffi::CStr = c"corten-monitor";

/// Twice what a pipe holds by default (pipe(7)), and what the C library maps by itself instead of carving it out of the heap
/// (`M_MMAP_THRESHOLD`): pages that no read has reached yet are not there at all, and most containers write little.
const BUFFER: usize = 128 * 1024;

/// A container that runs, before it is anybody's.
struct Running {
    listener: Listener,
    log: Log,
    init: Init,
    cgroup: Cgroup,
    streams: Multiplexer,
}

/// Starts the container and looks after it. Returns the exit status.
pub(crate) fn lead(order: Order, starter: OwnedFd, signals: SignalFd) -> i32 {
    let Order { start, lock, clients } = order;
    let mut chronicle = match Chronicle::open(&start.paths, identity(&start)) {
        Ok(chronicle) => chronicle,
        Err(error) => return answer(&starter, &Failure::new(corten_error::chain(&error))),
    };
    let starter = match doing("keep the starter's connection", non_blocking(starter)) {
        Ok(starter) => starter,
        // Nobody can be told.
        Err(_) => return 1,
    };
    match bring_up(&start, clients).and_then(|running| written_down(running, &mut chronicle)) {
        Err(failure) => {
            chronicle.start_failed(failure.exit_code, &failure.message, clock::now());
            answer(&starter, &failure)
        }
        Ok((Running { listener, log, init, cgroup, streams }, started_at)) => {
            let mut monitor = Monitor {
                plan: Plan::new(start, started_at),
                chronicle,
                init,
                cgroup,
                streams,
                log,
                sessions: Sessions::default(),
                listener,
                connections: Connections::new(starter),
                signals,
                lock,
                kill_at: None,
                successor: None,
                rests_until: None,
                settles_at: Some(settling()),
                buffer: buffer(),
            };
            monitor.connections.reply(STARTER, &Reply::Started { pid: monitor.init.pid });
            live(monitor)
        }
    }
}

/// What everything is read into.
pub(crate) fn buffer() -> Box<[u8]> {
    vec![0; BUFFER].into_boxed_slice()
}

/// When the process gives back what only its beginning needed. A container that ends before that does not pay for it.
pub(crate) fn settling() -> Moment {
    Moment::now().plus_ms(200)
}

/// Looks after a running container until it has ended. Returns the exit status.
pub(crate) fn live(mut monitor: Monitor) -> i32 {
    match monitor.run() {
        Ok(exit) => {
            monitor.conclude(exit);
            0
        }
        // Blind and deaf: ending ends the container with it, and engines find that it was lost.
        Err(_) => 1,
    }
}

/// Everything up to the container's program; whatever fails, nothing is left.
fn bring_up(start: &Start, clients: Vec<(Attach, OwnedFd)>) -> Result<Running, Failure> {
    let log = Log::open(&start.log, &start.paths);
    let listener = doing("bind the control socket", Listener::bind(&start.paths.run))?;
    match run(start, clients) {
        Ok((init, cgroup, streams)) => Ok(Running { listener, log, init, cgroup, streams }),
        Err(failure) => {
            // A name that stays is replaced by the next monitor.
            let _ = listener.remove();
            Err(failure)
        }
    }
}

fn run(start: &Start, clients: Vec<(Attach, OwnedFd)>) -> Result<(Init, Cgroup, Multiplexer), Failure> {
    let (far, near) = doing("make the container's streams", stdio::prepare(&start.streams))?;
    let starting =
        spawn_init(&start.launch, far, None).map_err(|error| Failure::new(corten_error::chain(&error)))?;
    let Started { pid, pidfd, pty, cgroup } = starting.wait()?;
    let init = Init { pid, pidfd };
    match near.ends(pty).and_then(|ends| Multiplexer::new(ends, start.streams.stdin_once)) {
        Ok(mut streams) => {
            let now = Moment::now();
            for (wants, stream) in clients {
                streams.attach(wants, stream, now);
            }
            Ok((init, cgroup, streams))
        }
        Err(error) => {
            undo(&init, &cgroup);
            Err(Failure::new(format!("cannot connect the container's streams: {error}")))
        }
    }
}

/// The journal has the container, or nobody has.
fn written_down(running: Running, chronicle: &mut Chronicle) -> Result<(Running, Timestamp), Failure> {
    let at = clock::now();
    match chronicle.started(running.init.pid, at) {
        Ok(()) => Ok((running, at)),
        Err(error) => {
            undo(&running.init, &running.cgroup);
            // A name that stays is replaced by the next monitor.
            let _ = running.listener.remove();
            Err(Failure::new(corten_error::chain(&error)))
        }
    }
}

/// Ends a container that nobody has heard of. What cannot be undone is found by `system check`.
fn undo(init: &Init, cgroup: &Cgroup) {
    let _ = pidfd::send_signal(&init.pidfd, rustix::process::Signal::KILL.as_raw());
    let _ = pidfd::wait(&init.pidfd);
    let _ = cgroup.remove(EMPTYING);
}
